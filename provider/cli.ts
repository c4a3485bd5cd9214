#!/usr/bin/env node
import { parseArgs } from "node:util";
import { systemClock } from "./engine/clock.js";
import { asCutoverError, CutoverError } from "./engine/errors.js";
import type { Reporter } from "./engine/progress.js";
import { DockerEngine } from "./platforms/docker/engine.js";
import { execaRunner } from "./platforms/execa.js";
import { askToGoBack } from "./runner/abort.js";
import { findPrefix } from "./runner/find.js";
import { follow } from "./runner/start.js";
import { describeStatus, statusOf } from "./runner/status.js";

const usage = `usage: pulumi-cutover COMMAND NAME [--host HOST]

  status NAME   what it is doing now: step, since when, weights, requests that wait
  follow NAME   the runner's progress, until it is done
  abort NAME    go back, as long as it has not committed

NAME is the resource's name in the program, or the prefix of its physical names.
HOST is the Docker engine, as DOCKER_HOST has it; DOCKER_HOST or the local one by default.
`;

const lines: Reporter = {
    status: (message) => console.log(message),
    info: (message) => console.log(message),
    warn: (message) => console.error(`warning: ${message}`),
};

async function main(): Promise<number> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: { host: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    const [command, name] = positionals;
    if (values.help) {
        process.stdout.write(usage);
        return 0;
    }
    if (!command || !name || positionals.length !== 2) throw new CutoverError(usage);
    const engine = new DockerEngine(execaRunner, values.host ? { host: values.host } : {});
    const prefix = await findPrefix(engine, name);
    switch (command) {
        case "status":
            console.log(describeStatus(await statusOf(engine, prefix)));
            return 0;
        case "follow":
            await follow(prefix, { engine, reporter: lines, clock: systemClock });
            return 0;
        case "abort":
            console.log(await askToGoBack(engine, prefix));
            return 0;
        default:
            throw new CutoverError(usage);
    }
}

main().then(
    (code) => {
        process.exitCode = code;
    },
    (error) => {
        process.stderr.write(`${asCutoverError(error).message}\n`);
        process.exitCode = 1;
    },
);
