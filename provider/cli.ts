#!/usr/bin/env node
import { parseArgs } from "node:util";
import { assess } from "./assess/assess.js";
import { describeAssessment } from "./assess/describe.js";
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

  assess CONTAINER…   before anything is declared: what would move, what it takes, what to mind;
                      [--json] for a program, [--watch SECONDS] that writes are watched, 3 by default
  status NAME         what it is doing now: step, since when, weights, requests that wait
  follow NAME         the runner's progress, until it is done
  abort NAME          go back, as long as it has not committed

NAME is the resource's name in the program, or the prefix of its physical names.
HOST is the Docker engine, as DOCKER_HOST has it; DOCKER_HOST or the local one by default.
`;

const lines: Reporter = {
    status: (message) => console.log(message),
    info: (message) => console.log(message),
    warn: (message) => console.error(`warning: ${message}`),
};

/** Where stdout is for the answer alone. */
const onStderr: Reporter = {
    status: (message) => console.error(message),
    info: (message) => console.error(message),
    warn: (message) => console.error(`warning: ${message}`),
};

function secondsOf(text: string): number {
    const seconds = Number(text);
    if (!(seconds > 0 && seconds <= 50)) {
        throw new CutoverError(`--watch: ${text} is no number of seconds up to 50`);
    }
    return seconds;
}

async function main(): Promise<number> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            host: { type: "string" },
            json: { type: "boolean" },
            watch: { type: "string", default: "3" },
            help: { type: "boolean", short: "h" },
        },
    });
    const [command, name, ...more] = positionals;
    if (values.help) {
        process.stdout.write(usage);
        return 0;
    }
    if (!command || !name) throw new CutoverError(usage);
    const engine = new DockerEngine(execaRunner, values.host ? { host: values.host } : {});
    if (command === "assess") {
        const tools = { engine, reporter: onStderr };
        const all = await assess([name, ...more], secondsOf(values.watch), tools);
        const text = values.json
            ? JSON.stringify(all, undefined, 2)
            : all.map(describeAssessment).join("\n\n");
        console.log(text);
        return 0;
    }
    if (more.length > 0) throw new CutoverError(usage);
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
