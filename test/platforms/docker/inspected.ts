import { type Inspection, parseInspection } from "../../../provider/platforms/docker/inspection.js";

const id = "5f2a9c0d1e3b".padEnd(64, "0");

/** What `docker container inspect` prints of a container, as far as it matters; `more` is laid over it. */
export function inspectedText(more: Record<string, object> = {}): string {
    const part = (name: string, value: object) => ({ ...value, ...more[name] });
    return JSON.stringify([
        {
            Id: id,
            Name: "/shop",
            Image: "sha256:1a",
            RestartCount: 0,
            State: part("State", { Status: "running", ExitCode: 0 }),
            Config: part("Config", {
                Hostname: id.slice(0, 12),
                Env: ["PASSWORD=hunter2"],
                Cmd: ["serve"],
                Image: "shop:1",
                Entrypoint: null,
                Labels: { tier: "web", "cutover.prefix": "an-older-one" },
                Tty: false,
            }),
            HostConfig: part("HostConfig", {
                Binds: null,
                NetworkMode: "default",
                RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
                AutoRemove: false,
                ContainerIDFile: "/tmp/id",
                Memory: 1_000_000,
                CapAdd: ["SYS_NICE"],
            }),
            Mounts: more.Mounts ?? [],
            NetworkSettings: { Networks: more.Networks ?? { bridge: { NetworkID: "b1" } } },
        },
    ]);
}

export function inspected(more: Record<string, object> = {}): Inspection {
    return parseInspection(inspectedText(more));
}
