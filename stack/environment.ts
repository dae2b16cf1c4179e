/** What a server needs of our environment. No more: some read credentials and settings from variables meant for others. */
export const bareEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(['PATH', 'HOME', 'TMPDIR', 'LANG'].filter((name) => env[name] !== undefined).map((name) => [name, env[name]]));
