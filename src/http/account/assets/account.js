'use strict';
// Opened from a mailed link: the part behind # is the link's secret, sent to this server's API only.
(() => {
  const { page, texts: said } = document.body.dataset;
  const texts = JSON.parse(said);
  const language = document.documentElement.lang;
  const form = document.getElementById('first');
  const next = document.getElementById('next');
  const message = document.getElementById('message');
  const secret = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);

  const tell = (text, bad = false) => {
    message.textContent = text;
    message.className = bad ? 'bad' : '';
  };

  const call = async (method, path, body, token) => {
    const headers = { 'content-type': 'application/json', 'accept-language': language, ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(path, { method, headers, body: JSON.stringify(body) }).catch(() => undefined);
    if (!answer) throw new Error(texts.unreachable);
    const content = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error([content.title, content.detail].filter(Boolean).join('. ') || texts.unreachable);
    return content;
  };

  const whenSent = (target, act) =>
    target.addEventListener('submit', async (event) => {
      event.preventDefault();
      const button = target.querySelector('button');
      button.disabled = true;
      tell('');
      try {
        await act(new FormData(target));
      } catch (error) {
        tell(error.message, true);
      } finally {
        button.disabled = false;
      }
    });

  const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text ?? '' }, more);

  const askSecondFactor = async (token, password) => {
    const { secret: key, uri } = await call('POST', '/v1/me/totp', { currentPassword: password }, token);
    const ask = element('form');
    const input = element('input', '', { id: 'totp', name: 'totp', inputMode: 'numeric', autocomplete: 'one-time-code', required: true });
    ask.append(element('label', texts['field.totp'], { htmlFor: 'totp' }), input, element('button', texts['button.confirm']));
    const open = element('p');
    open.append(element('a', texts['totp.open'], { href: uri }));
    const typed = element('p', `${texts['totp.secret']} `);
    typed.append(element('code', key.replace(/(.{4})/g, '$1 ').trim()));
    next.replaceChildren(element('h2', texts['totp.title']), element('p', texts['totp.lead']), open, typed, ask);
    next.hidden = false;
    input.focus();
    whenSent(ask, async (data) => {
      const { recoveryCodes } = await call('POST', '/v1/me/totp/confirm', { totp: String(data.get('totp')) }, token);
      const list = element('ol');
      list.append(...recoveryCodes.map((code) => element('li', code)));
      next.replaceChildren(element('h2', texts['codes.title']), element('p', texts['codes.lead']), list);
      await call('POST', '/v1/auth/logout', {}, token);
      tell(texts.saved);
    });
  };

  if (page === 'forgotten') {
    whenSent(form, async (data) => {
      await call('POST', '/v1/auth/password-reset', { email: String(data.get('email')) });
      form.hidden = true;
      tell(texts.sent);
    });
    return;
  }
  if (secret === '') {
    form.hidden = true;
    tell(texts.linkless, true);
    return;
  }
  whenSent(form, async (data) => {
    const password = String(data.get('password'));
    if (password !== data.get('repeated')) throw new Error(texts.different);
    if (page === 'password') {
      await call('POST', '/v1/auth/password-reset/confirm', { token: secret, newPassword: password });
      form.hidden = true;
      tell(texts.saved);
      return;
    }
    const { email } = await call('POST', '/v1/auth/invitation/accept', { token: secret, password });
    form.hidden = true;
    tell(texts.saved);
    const session = await call('POST', '/v1/auth/login', { email, password });
    if (session.secondFactor === 'to_set_up') await askSecondFactor(session.accessToken, password);
    else await call('POST', '/v1/auth/logout', {}, session.accessToken);
  });
})();
