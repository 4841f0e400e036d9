// The one program behind the npm scripts: `node lib/cli/bootstrap/run.mjs start|copies|test|check|notebooks|sandbox|bench`.
// This file must parse on any Node a newcomer may have (14 and up), so that an old one gets a
// sentence instead of a SyntaxError. Everything newer is behind the dynamic import.

var OLDEST = { major: 20, minor: 19 };

function isTooOld(/** @type {string} */ version) {
  var parts = version.split(".").map(Number);
  var major = parts[0] || 0;
  var minor = parts[1] || 0;
  return major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
}

if (isTooOld(process.versions.node)) {
  console.error(
    "\nNode.js " +
      process.versions.node +
      " is too old: the workshop needs " +
      OLDEST.major +
      "." +
      OLDEST.minor +
      " or newer.\n\n" +
      "  Install a current LTS from https://nodejs.org, or with a version manager (nvm install 24),\n" +
      "  or activate a conda environment made from environment.yml. Then run the command again.\n",
  );
  process.exitCode = 1;
} else {
  // dispatch() reports what fails, so nothing is left to catch.
  void import("./dispatch.mjs").then(
    function (/** @type {typeof import("./dispatch.mjs")} */ module) {
      return module.dispatch(process.argv[2], process.argv.slice(3));
    },
  );
}
