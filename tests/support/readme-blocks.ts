/** A command block of the documentation, and the lines that its output must hold. */
export interface CommandBlock {
  readonly line: number;
  readonly commands: string;
  readonly expected: readonly string[];
}

/** The ```bash blocks of a section, each with the ```text block that follows it; ```sh blocks are only shown. */
export function commandBlocks(markdown: string, heading: string): CommandBlock[] {
  const blocks: CommandBlock[] = [];
  let inSection = false;
  let fence: { readonly language: string; readonly line: number; readonly content: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, language] = /^```(\w*)\s*$/.exec(line) ?? [];
    if (fence && language === '') {
      const { content } = fence;
      const last = blocks.at(-1);
      if (inSection && fence.language === 'bash') blocks.push({ line: fence.line, commands: content.join('\n'), expected: [] });
      if (inSection && fence.language === 'text' && last) blocks.splice(-1, 1, { ...last, expected: content.filter((text) => text.trim() !== '') });
      fence = undefined;
    } else if (fence) fence.content.push(line);
    else if (language !== undefined) fence = { language, line: index + 1, content: [] };
    else if (line.startsWith('## ')) inSection = line.startsWith(heading);
  }
  return blocks;
}

/** The expected lines that no line of the output holds; "…" stands for anything. */
export function missingLines(expected: readonly string[], output: string): string[] {
  const lines = output.split(/\r?\n/);
  return expected.filter((text) => {
    const pattern = new RegExp(text.trim().split('…').map(escape).join('.*'));
    return !lines.some((line) => pattern.test(line));
  });
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
