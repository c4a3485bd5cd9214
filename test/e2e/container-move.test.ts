import { describe, expect, it } from "vitest";
import { freePort } from "../free-port.js";
import { MovedContainer } from "./moved-container.js";

/** Settings of the host part that a move sets by itself, or that carry names of volumes. */
const own = ["Binds", "Mounts", "RestartPolicy", "VolumesFrom", "Links", "ContainerIDFile"];

describe("a container that moves", () => {
    it("is what it was, with its volumes, and the old one stays stopped as it was", async (test) => {
        const moved = await MovedContainer.begin(test);
        const port = await freePort();
        await moved.docker("network", "create", moved.name("net"));
        const script =
            "trap 'echo ended >> /data/log; exit 0' TERM; echo begun >> /data/log; touch /data/up /anon/file; while :; do sleep 0.1; done";
        await moved.run(
            script,
            ...["--env", "PASSWORD=hunter2-move", "--label", "tier=shop", "--hostname", "till"],
            ...["--publish", `127.0.0.1:${port}:80`, "--network", moved.name("net")],
            ...[
                "--network-alias",
                "till",
                "--memory",
                "200m",
                "--cpus",
                "0.5",
                "--ulimit",
                "nofile=99",
            ],
            ...[
                "--cap-add",
                "SYS_NICE",
                "--cap-drop",
                "MKNOD",
                "--workdir",
                "/tmp",
                "--user",
                "0:7",
            ],
            ...["--restart", "on-failure:5", "--stop-timeout", "7", "--stop-signal", "TERM"],
            ...["--add-host", "bank:10.1.2.3", "--dns", "10.9.9.9", "--tmpfs", "/scratch:size=1m"],
            ...[
                "--health-cmd",
                "test -e /data/up",
                "--health-interval",
                "500ms",
                "--log-opt",
                "max-size=1m",
            ],
            ...[
                "--volume",
                "/anon",
                "--volume",
                "/etc/hostname:/host-name:ro",
                "--shm-size",
                "32m",
            ],
        );
        moved.declare();
        const preview = await moved.stack.preview();
        expect(preview.exitCode, preview.output).toBe(0);
        expect(preview.output).toContain(
            `"commit: ${moved.new} takes over; ${moved.old} stays stopped"`,
        );
        expect(preview.output).toMatch(new RegExp(`name *: "${moved.new}"`));
        expect(await moved.status(moved.old)).toBe("running");

        const output = await moved.up();
        const config = (container: string) =>
            moved.inspect<Record<string, unknown>>(container, ".Config");
        const { Labels: labels, ...before } = await config(moved.old);
        const { Labels: newLabels, ...after } = await config(moved.new);
        expect(after).toEqual(before);
        expect(newLabels).toMatchObject(labels as object);
        const host = async (container: string) => {
            const all = await moved.inspect<Record<string, unknown>>(container, ".HostConfig");
            return Object.fromEntries(Object.entries(all).filter(([key]) => !own.includes(key)));
        };
        expect(await host(moved.new)).toEqual(await host(moved.old));
        expect(await moved.inspect(moved.new, ".HostConfig.RestartPolicy")).toEqual({
            Name: "on-failure",
            MaximumRetryCount: 5,
        });
        expect(await moved.restartPolicy(moved.old)).toBe("no");
        expect(await moved.status(moved.old)).toBe("exited");
        const aliases = await moved.inspect<string[]>(
            moved.new,
            `(index .NetworkSettings.Networks "${moved.name("net")}").Aliases`,
        );
        expect(aliases).toEqual(expect.arrayContaining(["till", moved.old]));

        const mounts = (container: string) =>
            moved.inspect<{ Type: string; Name?: string; Destination: string; RW: boolean }[]>(
                container,
                ".Mounts",
            );
        const told = async (container: string) =>
            (await mounts(container))
                .map(({ Type, Destination, RW }) => `${Type} ${Destination} ${RW}`)
                .sort();
        expect(await told(moved.new)).toEqual(await told(moved.old));
        const { volumes, containerId } = await moved.stack.outputs();
        for (const { Name } of await mounts(moved.old)) {
            if (Name === undefined) continue;
            const copy = (volumes as Record<string, string>)[Name];
            expect((await mounts(moved.new)).map((mount) => mount.Name)).toContain(copy);
        }
        expect(await moved.inspect(moved.new, ".Id")).toBe(containerId);
        expect(await moved.shell(await moved.movedVolume(), "cat log")).toBe("begun\nended\nbegun");
        expect(await moved.shell(moved.data, "cat log")).toBe("begun\nended");

        const report = await moved.report();
        expect(report).toMatchObject({
            container: moved.old,
            name: moved.new,
            memory: { kept: "none", declined: [] },
            layer: { kept: "image", changed: 0, paths: [] },
            killed: [],
        });
        expect(report.volumes.map(({ proof }) => proof?.equal)).toEqual([true, true]);
        expect(report.gap.seconds).toBeGreaterThan(report.started.seconds);
        await moved.rests();
        const journal = `${moved.prefix}-journal`;
        for (const text of [
            preview.output,
            output,
            await moved.stack.exported(),
            await moved.shell(journal, "cat *"),
        ])
            expect(text).not.toContain("hunter2");

        expect((await moved.stack.destroy()).exitCode).toBe(0);
        expect(await moved.status(moved.new)).toBe("running");
        expect(await moved.docker("volume", "ls", "--quiet", "--filter", `name=${journal}`)).toBe(
            "",
        );
    });
});
