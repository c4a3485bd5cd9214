import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run, startAttached } from "./attached.js";

/** The way between the two. */
export interface Link {
    name: string;
    /** As `tc` has it; without one both hosts are one, which calls itself. */
    rate?: string;
}

export type HostName = "source" | "destination";

const ends: readonly HostName[] = ["source", "destination"];
/** Two on one host must not take the same. */
const sshPorts = { source: 2201, destination: 2202 };
const pipePorts = { source: 7501, destination: 7502 };
const image = resolve("bench", "hosts");

/**
 * Two hosts with sshd and the tools of Debian, as containers. They have networks of their own, with a cable between them
 * that nobody else sees, and that ends with them.
 */
export class TwoHosts {
    readonly base = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "cutover-hosts-"));
    private readonly containers: string[] = [];
    private readonly pids = { source: "", destination: "" };
    private readonly id = `cutover-bench-${randomUUID().slice(0, 8)}`;
    private readonly atExit = () => this.remove();

    private constructor(readonly link: Link) {
        process.once("exit", this.atExit);
    }

    static async start(link: Link): Promise<TwoHosts> {
        const hosts = new TwoHosts(link);
        try {
            const tag = await buildImage();
            for (const folder of [...ends, "ssh"]) mkdirSync(join(hosts.base, folder));
            await hosts.makeKeys(tag);
            await hosts.startHost("source", tag, "none");
            const shared = `container:${hosts.nameOf("source")}`;
            await hosts.startHost("destination", tag, link.rate ? "none" : shared);
            if (link.rate) await hosts.connect(link.rate);
            return hosts;
        } catch (error) {
            hosts.remove();
            throw error;
        }
    }

    /** Its folder on this machine; in the container it is at the root, by its name. */
    folder(host: HostName): string {
        return join(this.base, host);
    }

    /** Where the other one reaches it. */
    address(host: HostName): string {
        if (!this.link.rate) return "127.0.0.1";
        return host === "source" ? "10.0.0.1" : "10.0.0.2";
    }

    sshPort(host: HostName): number {
        return sshPorts[host];
    }

    pipePort(host: HostName): number {
        return pipePorts[host];
    }

    /** A container that shares a host's network, or has none. */
    async startBeside(host: HostName | undefined, role: string, ...args: string[]): Promise<void> {
        const network = host ? `container:${this.nameOf(host)}` : "none";
        await this.start(role, "--network", network, ...args);
    }

    /** Runs a program on a host, without the cost of asking Docker for it. */
    run(host: HostName, ...argv: string[]): Promise<string> {
        const inside = ["--mount", "--net", "--uts", "--ipc", "--pid"];
        const environment = ["env", "-i", "HOME=/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
        return run("nsenter", "--target", this.pids[host], ...inside, ...environment, ...argv);
    }

    remove(): void {
        process.off("exit", this.atExit);
        if (this.containers.length > 0) {
            const argv = ["rm", "--force", ...this.containers.splice(0)];
            // Those that did not start are not there.
            try {
                execFileSync("docker", argv, { stdio: "ignore" });
            } catch {}
        }
        rmSync(this.base, { recursive: true, force: true });
    }

    private nameOf(role: string): string {
        return `${this.id}-${role}`;
    }

    private async start(role: string, ...args: string[]): Promise<void> {
        this.containers.unshift(this.nameOf(role));
        await startAttached(this.nameOf(role), ...args);
    }

    private async startHost(host: HostName, tag: string, network: string): Promise<void> {
        const folder = `type=bind,source=${this.folder(host)},target=/${host}`;
        await this.start(
            host,
            ...["--network", network],
            ...["--mount", host === "source" ? `${folder},readonly` : folder],
            ...["--mount", `type=bind,source=${this.base}/ssh,target=/root/.ssh,readonly`],
            ...[tag, String(sshPorts[host]), String(pipePorts[host])],
        );
        const format = ["--format", "{{.State.Pid}}", this.nameOf(host)];
        this.pids[host] = await run("docker", "inspect", ...format);
    }

    /** Keys of this run alone; either host knows the other's. */
    private async makeKeys(tag: string): Promise<void> {
        const folder = join(this.base, "ssh");
        for (const key of ["id", "host"])
            await run(
                ...["docker", "run", "--rm", "--network", "none"],
                ...["--mount", `type=bind,source=${folder},target=/keys`],
                ...["--entrypoint", "ssh-keygen", tag],
                ...["-q", "-t", "ed25519", "-N", "", "-f", `/keys/${key}`],
            );
        const read = (name: string) => readFileSync(join(folder, name), "utf8");
        const write = (name: string, lines: string[]) =>
            writeFileSync(join(folder, name), `${lines.join("\n")}\n`, { mode: 0o600 });
        const [type, key] = read("host.pub").split(" ");
        const known = (host: HostName) =>
            `[${this.address(host)}]:${sshPorts[host]} ${type} ${key}`;
        write("authorized_keys", [read("id.pub").trim()]);
        write("known_hosts", ends.map(known));
        write(
            "config",
            ends.flatMap((host) => this.sshConfig(host)),
        );
    }

    private sshConfig(host: HostName): string[] {
        return [
            `Host ${host}`,
            `HostName ${this.address(host)}`,
            `Port ${sshPorts[host]}`,
            "IdentityFile /root/.ssh/id",
            "StrictHostKeyChecking yes",
        ];
    }

    /** Both directions are shaped: each end holds back what it sends. */
    private async connect(rate: string): Promise<void> {
        const { source, destination } = this.pids;
        const far = ["peer", "name", "cable", "netns", destination];
        await run("ip", "link", "add", "cable", "netns", source, "type", "veth", ...far);
        const limit = ["tbf", "rate", rate, "burst", "64kb", "latency", "50ms"];
        for (const host of ends) {
            const inside = (...argv: string[]) =>
                run("nsenter", "--target", this.pids[host], "--net", ...argv);
            await inside("ip", "addr", "add", `${this.address(host)}/24`, "dev", "cable");
            await inside("ip", "link", "set", "cable", "up");
            await inside("tc", "qdisc", "add", "dev", "cable", "root", ...limit);
        }
    }
}

async function buildImage(): Promise<string> {
    const content = createHash("sha256");
    for (const file of ["Dockerfile", "start-host"])
        content.update(readFileSync(join(image, file)));
    const tag = `cutover-bench-host:${content.digest("hex").slice(0, 12)}`;
    await run("docker", "build", "--quiet", "--tag", tag, image);
    return tag;
}
