'use strict';
// Asks this server's API about a code, and compares a file with its answer without sending it.
(() => {
  const texts = JSON.parse(document.body.dataset.texts);
  const language = document.documentElement.lang;
  const at = (id) => document.getElementById(id);
  const [form, input, message, report, compare, file, verdict] = ['ask', 'code', 'message', 'report', 'compare', 'file', 'verdict'].map(at);
  const button = form.querySelector('button');
  let files = [];

  const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
  const element = (name, text, className = '', ...children) => {
    const made = Object.assign(document.createElement(name), { textContent: text ?? '', className });
    made.append(...children);
    return made;
  };
  const tell = (place, text, className = '') => {
    place.textContent = text;
    place.className = className;
  };
  const moment = (text) =>
    new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(text)) + ' UTC';

  const figures = (all) => {
    if (all.length === 0) return [element('p', say('figures.none'))];
    const items = all.map(({ label, text, rule }) => element('li', '', '', element('div', label, 'label'), element('div', text, 'value'), element('p', rule, 'rule')));
    return [element('h3', say('figures')), element('ul', '', 'figures', ...items)];
  };

  const facts = ({ asOf, computedAt, schedule }) => {
    const pairs = [['asOf', asOf], ['computedAt', computedAt], ...(schedule ? [['dueAt', schedule.dueAt]] : [])];
    return element('dl', '', '', ...pairs.flatMap(([key, value]) => [element('dt', say(key)), element('dd', moment(value))]));
  };

  const proof = ({ hash, codeVersion, files: all }) => {
    const line = (name, value) => element('li', name, '', element('code', value));
    const named = all.map(({ format, language: of, sha256 }) => line(`${format.toUpperCase()} (${say(`language.${of}`)})`, sha256));
    const list = element('ul', '', '', line(say('hash'), hash), ...named, line(say('version'), codeVersion));
    return element('details', '', '', element('summary', say('proof')), list);
  };

  const show = (answer) => {
    files = answer.files;
    report.replaceChildren(
      element('h2', answer.title),
      ...answer.subtitle.map((line) => element('p', line)),
      ...(answer.laterIssue ? [element('p', say('laterIssue', { asOf: moment(answer.laterIssue.asOf) }), 'notice')] : []),
      ...(answer.schedule?.late ? [element('p', say('late'))] : []),
      facts(answer),
      ...figures(answer.figures),
      proof(answer),
    );
    report.hidden = false;
    compare.hidden = false;
    tell(message, say('found'), 'good');
  };

  const hide = () => {
    report.hidden = true;
    compare.hidden = true;
    file.value = '';
    tell(verdict, '');
    tell(message, '');
  };

  const check = async (code) => {
    hide();
    button.disabled = true;
    const answer = await fetch(`/v1/verify/${encodeURIComponent(code)}`, { headers: { 'accept-language': language } }).catch(() => undefined);
    const content = await answer?.json().catch(() => undefined);
    button.disabled = false;
    if (!answer || !content) return tell(message, say('unreachable'), 'bad');
    if (!answer.ok) return tell(message, content.errors?.[0]?.detail ?? `${content.title}. ${content.detail}`, 'bad');
    history.replaceState(null, '', `/verify/${content.code.replaceAll('-', '')}`);
    input.value = content.code;
    show(content);
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void check(input.value.trim());
  });

  file.addEventListener('change', async () => {
    const [chosen] = file.files;
    if (!chosen) return tell(verdict, '');
    if (!globalThis.crypto?.subtle) return tell(verdict, say('file.unavailable'), 'bad');
    tell(verdict, say('file.working'));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await chosen.arrayBuffer()));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const same = files.find((one) => one.sha256 === sha256);
    if (!same) return tell(verdict, say('file.different'), 'bad');
    tell(verdict, say('file.same', { format: same.format.toUpperCase(), language: say(`language.${same.language}`) }), 'good');
  });

  const [, , given] = location.pathname.split('/');
  if (given) {
    input.value = decodeURIComponent(given);
    void check(input.value);
  }
})();
