import { readFileSync } from 'node:fs';

/** The fonts that a PDF is set in, by the names they are called by: Source Sans 3 for all, Noto Sans Arabic for Arabic names; both under the SIL Open Font License. */
export const fontFamilies = ['Source Sans 3', 'Noto Sans Arabic'] as const;

/** The files of the fonts, TrueType. */
export const fontFiles: readonly Buffer[] = [
  require.resolve('@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf'),
  require.resolve('@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf'),
  require.resolve('@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'),
].map((file) => readFileSync(file));

const drawn = new Set(fontFiles.flatMap((font) => [...charactersOf(font)]));

/** The text with a box in the place of each character that no font draws, which PDF/UA does not allow to be left out. */
export function drawable(text: string): string {
  return Array.from(text, (character) => (drawn.has(character.codePointAt(0) ?? 0) ? character : '\u25A1')).join('');
}

/** The code points a TrueType font draws, of its `cmap` in format 12 (OpenType 1.9). */
function* charactersOf(font: Buffer): Generator<number> {
  const tables = Array.from({ length: font.readUInt16BE(4) }, (_, index) => 12 + 16 * index);
  const cmap = font.readUInt32BE((tables.find((at) => font.toString('latin1', at, at + 4) === 'cmap') ?? 0) + 8);
  const maps = Array.from({ length: font.readUInt16BE(cmap + 2) }, (_, index) => cmap + font.readUInt32BE(cmap + 8 + 8 * index));
  const map = maps.find((at) => font.readUInt16BE(at) === 12);
  if (map === undefined) throw new Error('a font without a cmap of format 12');
  for (let group = map + 16; group < map + 16 + 12 * font.readUInt32BE(map + 12); group += 12) {
    for (let code = font.readUInt32BE(group); code <= font.readUInt32BE(group + 4); code++) yield code;
  }
}
