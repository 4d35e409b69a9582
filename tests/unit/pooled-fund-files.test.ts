import { describe, expect, test } from '@jest/globals';
import { plainText, readProjects } from '../../src/features/imports/cbpf-projects.js';
import { readContributions } from '../../src/features/imports/contributions-file.js';
import { buildFtsLookups } from '../../src/features/imports/fts-lookups.js';
import { isFundList, isOtherList, readFundList } from '../../src/features/imports/fund-list.js';
import { CERF, countryOfFund } from '../../src/features/imports/pooled-fund-funds.js';

const file = (text: string) => ({ name: 'f.csv', content: Buffer.from(text) });
const FUNDS = file('\uFEFFPFId,PFName,PFAbbrv,PFLat,PFLong,PFCountryCode,MAAgent,AAgent,IsPublic,ParentPFId\r\n86,"Mali (RhPF-WCA)",MLI86,1,2,ML,OCHA,ERF,True\r\nx,No number,Y,1,2,ML,OCHA,ERF,True\r\n');

describe('the lists beside the projects', () => {
  test('are told by their headers, and rows shorter than theirs are read', () => {
    expect(readFundList([FUNDS, file('a,b\n1,2')])).toEqual([{ externalId: '86', name: 'Mali (RhPF-WCA)', iso2: 'ML' }]);
    const others = ['AllSrcId,AllNm,AllSrcCode', 'OrgTypeId,OrgTypeNm,OrgTypeCode', 'ClustId,ClustNm,ClustCode'].map((header) => file(`${header}\n1,x,y`));
    expect(others.map((one) => [isFundList(one), isOtherList(one)])).toEqual([[false, true], [false, true], [false, true]]);
    expect(isOtherList(file('PFId,AllNm,PrjCode,OrgTypeId,AllSrcId'))).toBe(false);
  });
});

describe('the state of a fund', () => {
  const countries = [['MLI', 'ML', 'Mali'], ['MOZ', 'MZ', 'Mozambique'], ['LIE', 'LI', 'Liechtenstein'], ['LKA', 'LK', 'Sri Lanka'], ['PSE', 'PS', 'State of Palestine']] as const;
  const lookups = buildFtsLookups(countries.map(([iso3, , name]) => ({ iso3, nameEn: name, nameFr: name, aliases: iso3 === 'PSE' ? ['oPt'] : [] })), [], []);
  const iso3Of = (iso2: string) => countries.find(([, code]) => code === iso2)?.[0];

  test.each([
    ['Mali (RhPF-WCA)', 'ML', ['MLI']],
    ['Mozambique (RhPF)', 'LI', ['MOZ']],
    ['oPt', 'PS', ['PSE']],
    ['Somewhere', 'ml', ['MLI']],
    ['South Pacific Envelope (RHPF-AP)', 'LK', []],
    ['Syria Cross border', 'XX', []],
    ['Nowhere', 'XX', []],
  ])('%s (%s)', (name, iso2, expected) => {
    expect(countryOfFund(name, iso2, lookups, iso3Of)).toEqual(expected);
  });
});

test.each([
  ['Food &amp; water', 'Food & water'],
  ['&lt;A&gt; &quot;b&quot; &#39;c&#39;', '<A> "b" \'c\''],
  ['&amp;lt;', '&lt;'],
  ['R&D; &unknown;', 'R&D; &unknown;'],
])('HTML entities: %s', (text, plain) => {
  expect(plainText(text)).toBe(plain);
});

const PROJECTS = 'PFId,AllNm,PrjCode,OPSCodeAgg,EmgAgg,AllYr,AllSrc,OrgNm,OrgTypeId,PrjTitle,AStrDt,AEndDt,PrjDur,PrgBdg,BgdDC,BdgSC,PrjSubDt,BenAgg,PrjGM,PrjStsNm,PrjStsId,PrjStsCode,PartCode,ApprDt';

test('a project: US dates with times, quoted commas, an amount with an exponent', () => {
  const { rows, problems, rowsRead } = readProjects([file(`${PROJECTS}\n86,"Round 1, 2021",MLI-21/1,,,2021,1,"UN Agency",3,"A, ""B""",12/1/2021 12:00:00 AM,8/31/2022 12:00:00 AM,9 Months,1.065259E+07,1,1,1/6/2021 1:43:55 PM,1##2,x,Project Closure,1,C,1,12/31/2021 11:37:46 PM\n`), FUNDS]);
  expect({ problems, rowsRead }).toEqual({ problems: [], rowsRead: 1 });
  expect(rows).toEqual([
    { file: 'f.csv', row: 1, fund: '86', round: 'Round 1, 2021', code: 'MLI-21/1', modality: 'reserve', year: 2021, title: 'A, "B"', partner: 'UN Agency', partnerType: '3', approvedOn: '2021-12-31', startsOn: '2021-12-01', status: 'Project Closure', budget: 1_065_259_000n, rounded: false },
  ]);
});

test('a contribution: blanks are nothing, a donor with spaces is the same donor', () => {
  const header = 'FiscalYear,GMSDonorName,GMSDonorISO2Code,PooledFundName,PooledFundISO2Code,PaidAmt,PledgeAmt';
  const { rows, problems } = readContributions([file(`${header}\n2020,"ZIV  Sociedad, S.L. ",ZPRV,Private Donors,Private Donors,,5.005\n2020,"ziv sociedad, s.l.",ZPRV,x,x,1,0\n`)], () => CERF);
  expect(rows).toMatchObject([{ year: 2020, donor: 'ZIV Sociedad, S.L.', donorCode: 'ZPRV', paid: 0n, pledged: 501n, rounded: true }]);
  expect(problems).toMatchObject([{ row: 2, code: 'ROW_REPEATED' }]);
});
