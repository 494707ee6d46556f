// Runs collections one after another: node newman.cjs JOBS.json NODE_MODULES
// JOBS.json is a list of {collection, environment}: paths. The proxy is that of HTTP_PROXY.
const fs = require("fs");
const path = require("path");

const newman = require(path.join(process.argv[3], "newman"));
const jobs = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));

function run(job) {
  return new Promise((resolve) => {
    const options = {
      collection: JSON.parse(fs.readFileSync(job.collection, "utf8")),
      environment: JSON.parse(fs.readFileSync(job.environment, "utf8")),
      timeoutRequest: 5000,
      timeoutScript: 5000,
      workingDir: job.folder,
      reporters: [],
    };
    newman.run(options, (error) => {
      if (error) console.error(`${job.collection}: ${error.message || error}`);
      resolve();
    });
  });
}

(async () => {
  for (const job of jobs) await run(job);
})();
