// npm run demo [-- --keep] [-- --stop NAME]
// A CalDAV server goes from Debian 12's version to Debian 13's and back, while clients use it.
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "./command.mjs";
import { Clients } from "./demo/clients.mjs";
import { DemoStack, stacksLeft } from "./demo/stack.mjs";
import { compareItems, hashItems } from "./demo/volumes.mjs";
import { formatSeconds } from "./progress.mjs";
import { root } from "./setup.mjs";

const releases = [
    { slot: "blue", debian: "bookworm", tag: "calendar:3.1.8" },
    { slot: "green", debian: "trixie", tag: "calendar:3.5.3" },
];
/** Seconds of load before, between and after the hand-overs. */
const LOAD_SECONDS = 4;

const { values } = parseArgs({
    options: { keep: { type: "boolean", default: false }, stop: { type: "string" } },
});

if (values.stop !== undefined) await stop(values.stop);
else await demo(values.keep);

/** @param {string} name */
async function stop(name) {
    if (!stacksLeft().includes(name)) {
        console.error(`There is no demo ${name}. There is: ${stacksLeft().join(", ") || "none"}.`);
        process.exitCode = 1;
        return;
    }
    await new DemoStack(name).remove();
    console.log(`Demo ${name} is gone, with its volumes.`);
}

/** @param {boolean} keep */
async function demo(keep) {
    for (const name of stacksLeft())
        console.log(`Still there from before: npm run demo -- --stop ${name}`);
    const stack = new DemoStack(`demo-${randomBytes(3).toString("hex")}`);
    const interrupted = onInterrupt(stack);
    let good = false;
    try {
        good = await Promise.race([play(stack, keep), interrupted]);
    } catch (error) {
        const message = error instanceof Error ? error.message : error;
        // What an interrupted command says of itself is no news.
        if (!stack.interrupted) console.error(`\nThe demo failed: ${message}`);
        await stack.interrupt();
    }
    process.exitCode = good ? 0 : 1;
    if (keep && good) {
        console.log(`It keeps running. To stop it: npm run demo -- --stop ${stack.name}\n`);
        process.exit();
    }
    try {
        await stack.remove();
        console.log("Stack, containers and volumes are removed; the images are kept.\n");
    } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        console.error(
            `Not everything was removed. To try again: npm run demo -- --stop ${stack.name}\n`,
        );
        process.exitCode = 1;
    }
    process.exit();
}

/**
 * Rejects at the first Ctrl-C, after the command that runs has ended.
 *
 * @param {DemoStack} stack
 * @returns {Promise<never>}
 */
function onInterrupt(stack) {
    return new Promise((_resolve, reject) => {
        let times = 0;
        const interrupt = async () => {
            times++;
            if (times === 2)
                console.error(
                    `\nStill removing it. To do it later: npm run demo -- --stop ${stack.name}`,
                );
            if (times > 2) process.exit(130);
            if (times > 1) return;
            console.error("\nInterrupted: removing everything.");
            await stack.interrupt();
            reject(new Error("interrupted"));
        };
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, interrupt);
    });
}

/**
 * @param {DemoStack} stack
 * @param {boolean} keep
 * @returns {Promise<boolean>} whether nothing was lost
 */
async function play(stack, keep) {
    console.log(
        "\nRadicale, a CalDAV server, goes from 3.1.8 (Debian 12) to 3.5.3 (Debian 13) and back.\n",
    );
    await timed("docker build: calendar:3.1.8 and calendar:3.5.3", buildImages);
    await stack.create({ listen: `127.0.0.1:${await freePort(5232)}` });
    await timed("pulumi up: blue serves", () => stack.pulumi(["up", "--yes", "--skip-preview"]));
    const { url, volumes } = await stack.outputs();
    const clients = new Clients(url);
    await clients.start();
    console.log(`${clients.count} clients read and write calendars at ${url}, all the time.`);
    await seconds(LOAD_SECONDS);
    const { bySlot } = volumes.calendars ?? { bySlot: {} };
    const tour = { stack, clients, bySlot };
    const there = await handOver(tour, { green: "100", from: "blue", to: "green" });
    const back = await handOver(tour, { green: "0", from: "green", to: "blue" });
    await clients.stop();
    const missing = await clients.missing();
    const { active } = await stack.outputs();
    printTable({ clients, there, back, missing, url, keep });
    const wrong = [
        ...clients.failures,
        ...missing.map((path) => `${path} is not there as it was written`),
        ...[there, back].flatMap(({ different }) =>
            different.map((path) => `${path} differs between the volumes`),
        ),
        ...(active === "blue" ? [] : [`${active} serves at the end, not blue`]),
    ];
    for (const line of wrong.slice(0, 20)) console.error(line);
    return wrong.length === 0;
}

/**
 * @param {{ stack: DemoStack, clients: Clients, bySlot: Record<string, string> }} tour
 * @param {{ green: string, from: string, to: string }} way
 */
async function handOver({ stack, clients, bySlot }, { green, from, to }) {
    console.log(`\n$ pulumi config set green ${green} && pulumi preview --diff\n`);
    await stack.configure("green", green);
    const preview = await stack.pulumi(["preview", "--diff", "--suppress-outputs"]);
    console.log(indented(preview));
    console.log("$ pulumi up\n");
    const began = Date.now();
    await stack.pulumi(["up", "--yes", "--skip-preview"], progressPrinter(began));
    await seconds(LOAD_SECONDS);
    const { report } = await stack.outputs();
    const items = await hashItems({ older: bySlot[from] ?? "", newer: bySlot[to] ?? "" });
    const compared = compareItems(
        items,
        (path) => (clients.written.get(path)?.writtenAt ?? began) >= began,
    );
    return {
        ...compared,
        items: items.older.size,
        frozen: report.freeze?.seconds,
        held: report.freeze?.held,
    };
}

/**
 * Prints what the hand-over's row says, each message once.
 *
 * @param {number} began
 */
function progressPrinter(began) {
    let last = "";
    return (/** @type {string} */ line) => {
        const message = /calendar-handover updating \(\d+s\) .*?; (.+?)\s*$/.exec(line)?.[1];
        if (message === undefined || message === last) return;
        last = message;
        console.log(`    ${formatSeconds((Date.now() - began) / 1000).padStart(6)}  ${message}`);
    };
}

/** @param {{ clients: Clients, there: any, back: any, missing: string[], url: string, keep: boolean }} result */
function printTable({ clients, there, back, missing, url, keep }) {
    const events = clients.written.size;
    const number = (/** @type {number} */ value) => value.toLocaleString("en");
    const frozen = (/** @type {any} */ { frozen, held }) =>
        `${frozen?.toFixed(1) ?? "?"} s, ${held ?? "?"} requests waited`;
    const equal = (/** @type {any} */ { compared, different }) =>
        `${number(compared - different.length)} of ${number(compared)} files equal`;
    const rows = [
        ["requests sent", `${number(clients.sent)}, ${number(clients.writes)} of them writes`],
        ["requests failed", number(clients.failures.length)],
        ["longest wait", formatSeconds(clients.longestWait / 1000)],
        [
            "events still there",
            `${number(events - missing.length)} of ${number(events)}, asked for through CalDAV`,
        ],
        ["volumes, blue to green", equal(there)],
        ["volumes, green to blue", equal(back)],
        ["frozen, blue to green", frozen(there)],
        ["frozen, green to blue", frozen(back)],
        ["URL", keep ? url : `${url} (npm run demo -- --keep keeps it running)`],
    ];
    console.log(`\n${rows.map(([name, value]) => `    ${name?.padEnd(24)}${value}`).join("\n")}\n`);
}

async function buildImages() {
    for (const { debian, tag } of releases) {
        const context = join(root, "examples", "docker-blue-green", "calendar");
        await run("docker", ["build", "--build-arg", `DEBIAN=${debian}`, "--tag", tag, context]);
    }
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 */
async function timed(name, work) {
    const began = Date.now();
    process.stdout.write(`${name} … `);
    const result = await work();
    console.log(formatSeconds((Date.now() - began) / 1000));
    return result;
}

/** @param {string} text */
function indented(text) {
    return text.replace(/^(?=.)/gm, "    ");
}

/** @param {number} count */
function seconds(count) {
    return new Promise((resolve) => setTimeout(resolve, count * 1000));
}

/**
 * A free port of 127.0.0.1: the usual one, or any.
 *
 * @param {number} wanted
 * @returns {Promise<number>}
 */
function freePort(wanted) {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once("error", (error) => (wanted === 0 ? reject(error) : resolve(freePort(0))));
        server.listen(wanted, "127.0.0.1", () => {
            const address = server.address();
            server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
        });
    });
}
