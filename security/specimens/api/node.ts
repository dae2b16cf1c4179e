// What security/rules/node.yaml must find (`ruleid` before the line), and what it must let pass (`ok`).
// ruleid: no-code-from-text
eval(text);
// ruleid: no-code-from-text
const made = new Function('a', text);
// ruleid: no-code-from-text
vm.runInNewContext(text);
// ruleid: no-code-from-text
const script = new vm.Script(text);
// ruleid: no-code-from-text
setTimeout('go()', 10);
// ok: no-code-from-text
setTimeout(go, 10);
// ok: no-code-from-text
const parsed = JSON.parse(text);

// ruleid: no-shell
exec(`ls ${folder}`);
// ruleid: no-shell
execSync('ls ' + folder);
// ruleid: no-shell
childProcess.execSync(command);
// ruleid: no-shell
spawn('ls', [folder], { shell: true });
// ruleid: no-shell
spawn(command, { stdio: 'inherit', shell: '/bin/sh' });
// ok: no-shell
execFile('ls', [folder]);
// ok: no-shell
const [, version] = pattern.exec(text) ?? [];

// ruleid: no-unchecked-tls
const agent = new Agent({ rejectUnauthorized: false });
// ruleid: no-unchecked-tls
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
// ruleid: no-unchecked-tls
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
// ruleid: no-unchecked-tls
const lax = connect({ host, checkServerIdentity: () => undefined });
// ruleid: no-unchecked-tls
spawn('node', [], { env: { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
// ok: no-unchecked-tls
const strict = new Agent({ ca: certificate });

// ruleid: no-guessable-randomness
const id = Math.random();
// ok: no-guessable-randomness
const better = randomBytes(16);

// ruleid: no-broken-digest
createHash('md5').update(text);
// ruleid: no-broken-digest
createHmac('SHA1', key);
// ok: no-broken-digest
createHash('sha256').update(text);

// ruleid: no-unauthenticated-encryption
createCipheriv('aes-256-cbc', key, iv);
// ruleid: no-unauthenticated-encryption
createDecipheriv(header.algorithm, key, iv);
// ok: no-unauthenticated-encryption
createCipheriv('aes-256-gcm', key, nonce);

// ruleid: tokens-name-their-algorithms
await jwtVerify(token, key);
// ruleid: tokens-name-their-algorithms
await jwtVerify(token, key, { issuer });
// ok: tokens-name-their-algorithms
await jwtVerify(token, key, { issuer, algorithms: ['RS256'] });

// ruleid: no-listening-on-every-address
server.listen(3000);
// ruleid: no-listening-on-every-address
server.listen(port, '0.0.0.0');
// ruleid: no-listening-on-every-address
server.listen(port, () => ready());
// ok: no-listening-on-every-address
server.listen(port, '127.0.0.1');
// ok: no-listening-on-every-address
server.listen(port, host, () => ready());
