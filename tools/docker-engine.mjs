import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as apt from "./apt.mjs";
import { cacheFolder } from "./cache.mjs";
import { ask, run, which } from "./command.mjs";
import { SetupFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { part } from "./progress.mjs";

const START_TIMEOUT_MS = 60_000;

/**
 * A Docker engine that answers: the one DOCKER_HOST or the context names, else a local one, which
 * is installed and started where it may be. It is never stopped again: others may use it.
 */
export async function ensureDockerEngine() {
    if (await answers()) return;
    await refuseWhatIsNotOurs();
    await withLock("docker-engine", async () => {
        if (await answers()) return;
        await installMissing();
        await part("start the Docker engine", start);
    });
}

/** Whether an engine answers. Undefined or empty is no answer: a CLI without engine prints "". */
async function answers() {
    const version = await ask("docker", ["version", "--format", "{{.Server.Version}}"], {
        timeoutMs: 20_000,
    });
    return !!version;
}

/** Where an engine elsewhere was asked for, a new local one would be the wrong one. */
async function refuseWhatIsNotOurs() {
    if (process.env.DOCKER_HOST) {
        throw new SetupFailure(
            `no Docker engine answers at DOCKER_HOST=${process.env.DOCKER_HOST}.`,
            "Start it, or unset DOCKER_HOST to use the local engine.",
        );
    }
    const context = await ask("docker", ["context", "show"]);
    if (context && context !== "default") {
        throw new SetupFailure(
            `no Docker engine answers at the Docker context "${context}".`,
            "Start it, or choose the local engine with `docker context use default`.",
        );
    }
    if (process.platform !== "linux") {
        throw new SetupFailure("no Docker engine answers.", "Start Docker Desktop or the like.");
    }
    if (process.getuid?.() !== 0) {
        throw new SetupFailure(
            "no Docker engine answers, and it takes root to install or start one.",
            "Start Docker, let this user reach it (group `docker`), or run this once as root.",
        );
    }
}

async function installMissing() {
    const missing = [];
    if (!which("dockerd", adminPath())) missing.push("docker.io");
    if (!which("iptables", adminPath())) missing.push("iptables");
    // Since Debian 13 the command is a package of its own.
    if (!which("docker") && (await apt.isKnown("docker-cli"))) missing.push("docker-cli");
    else if (!which("docker") && !missing.includes("docker.io")) missing.push("docker.io");
    if (missing.length === 0) return;
    if (!apt.canInstall()) {
        throw new SetupFailure(
            `${missing.join(", ")} missing, and this machine has no apt to install them with.`,
            "Install Docker and start it, then run this again.",
        );
    }
    await apt.install(missing);
}

/** A user's PATH often lacks the folders that hold dockerd and iptables. */
function adminPath() {
    return `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
}

async function start() {
    if (existsSync("/run/systemd/system")) {
        await run("systemctl", ["start", "docker"]);
    } else {
        forgetDead("/var/run/docker.pid", "dockerd");
        forgetDead("/var/run/docker/containerd/containerd.pid", "containerd");
        if (!existsSync("/var/run/docker.pid")) startDaemon();
    }
    await waitUntilItAnswers();
}

/**
 * Removes a pid file whose process is gone. A reset machine leaves them behind, and when the number
 * belongs to some other process by now, dockerd refuses to start (or waits for a containerd that
 * will never answer).
 *
 * @param {string} pidFile
 * @param {string} processName
 */
function forgetDead(pidFile, processName) {
    let pid;
    try {
        pid = readFileSync(pidFile, "utf8").trim();
    } catch {
        return;
    }
    if (nameOf(pid) !== processName) rmSync(pidFile, { force: true });
}

/** @param {string} pid */
function nameOf(pid) {
    try {
        return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    } catch {
        return undefined;
    }
}

function startDaemon() {
    mkdirSync(cacheFolder(), { recursive: true });
    const log = openSync(daemonLog(), "a");
    const daemon = spawn("dockerd", [], {
        // Not the tree: a daemon that lives on would keep it busy.
        cwd: "/",
        detached: true,
        stdio: ["ignore", log, log],
        env: daemonEnvironment(),
    });
    // The time-out below reports a daemon that does not come up, with its log.
    daemon.on("error", () => {});
    daemon.unref();
    closeSync(log);
}

/** Only what a daemon needs; npm's variables and the caller's credentials are not its business. */
function daemonEnvironment() {
    /** @type {NodeJS.ProcessEnv} */
    const env = { PATH: adminPath(), HOME: process.env.HOME ?? "/root" };
    for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
        for (const variable of [name, name.toUpperCase()]) {
            if (process.env[variable]) env[variable] = process.env[variable];
        }
    }
    return env;
}

function daemonLog() {
    return join(cacheFolder(), "dockerd.log");
}

async function waitUntilItAnswers() {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
        if (await answers()) return;
        await sleep(300);
    }
    throw new SetupFailure(
        `the Docker engine did not answer within ${START_TIMEOUT_MS / 1000} s.`,
        `Its last lines:\n${lastLines()}`,
    );
}

function lastLines() {
    try {
        return readFileSync(daemonLog(), "utf8").trim().split("\n").slice(-8).join("\n");
    } catch {
        return "(no log)";
    }
}
