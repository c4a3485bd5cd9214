import { CutoverError } from "../../engine/errors.js";
import type { EnvironmentJob } from "../../engine/handover/job.js";
import type { RouterSettings } from "../../traffic/haproxy/configuration.js";
import type { DockerEngine } from "./engine.js";
import { names, ownLabels } from "./names.js";

/** Ports inside the router's container. */
export const routerPorts = { public: 8080, status: 8404 } as const;

/** What the router's first configuration is made from; nothing has weight yet. */
export function routerSettings(job: EnvironmentJob): RouterSettings {
    const slots = Object.keys(job.slots);
    return {
        listen: { port: routerPorts.public },
        status: { port: routerPorts.status },
        slots: Object.fromEntries(
            slots.map((slot) => [
                slot,
                { host: names.trafficAlias(slot), port: job.router.to.port },
            ]),
        ),
        weights: Object.fromEntries(slots.map((slot) => [slot, 0])),
        failover: job.volumes.every(({ mode }) => mode !== "handover"),
        ...(job.router.sticky ? { sticky: { cookie: "cutover-slot" } } : {}),
        ...(job.router.safeMethodsOnly ? { unsafeTo: job.router.safeMethodsOnly } : {}),
    };
}

/** The router's container: made once, and from then on only found, started and connected. */
export async function ensureRouterContainer(
    engine: DockerEngine,
    job: EnvironmentJob,
): Promise<void> {
    const { router, prefix } = job;
    const networks = [...slotNetworks(job), ...router.networks];
    if (!(await engine.container(router.container))) {
        const [first] = networks;
        await engine.create({
            name: router.container,
            image: router.image,
            labels: { ...job.labels, ...ownLabels(prefix, "router") },
            // Until its start: one that waits for an adopted container's port must not take it by itself.
            restart: "no",
            capabilities: [],
            readOnlyRoot: true,
            volumes: [
                { volume: router.control, path: "/cutover" },
                // Never opened by the router: previews read the journal through it, without a container of their own.
                { volume: names.journal(prefix), path: "/journal", readOnly: true },
            ],
            ...(first ? { network: first } : {}),
            ...(router.listen ? { publish: [{ ...router.listen, to: routerPorts.public }] } : {}),
        });
    }
    for (const network of networks) await engine.connect(network, router.container);
}

/** A slot that the program does not have yet has no network either. */
function slotNetworks({ slots }: EnvironmentJob): string[] {
    const declared = Object.values(slots).filter(
        ({ containers }) => Object.keys(containers).length > 0,
    );
    return declared.map(({ network }) => network);
}

/** Networks of the user's that are added or left out later on, while nothing else moves. */
export async function connectRouter(
    engine: DockerEngine,
    router: string,
    { wanted, before }: { wanted: readonly string[]; before: readonly string[] },
): Promise<void> {
    for (const network of wanted) await engine.connect(network, router);
    for (const network of before)
        if (!wanted.includes(network)) await engine.disconnect(network, router);
}

/** Starts it; a port in use is said by name. */
export async function startRouterContainer(
    engine: DockerEngine,
    job: EnvironmentJob,
): Promise<void> {
    const { router } = job;
    const facts = await engine.container(router.container);
    if (facts?.status === "running") return;
    try {
        await engine.start(router.container);
    } catch (error) {
        const inUse =
            error instanceof CutoverError && /already (in use|allocated)/i.test(error.message);
        if (!inUse || !router.listen) throw error;
        throw await portInUse(engine, router.listen.port, error);
    }
}

async function portInUse(
    engine: DockerEngine,
    port: number,
    cause: unknown,
): Promise<CutoverError> {
    const owners = (await engine.running()).filter(({ publishes }) =>
        publishes.some((one) => one.port === port),
    );
    const [owner] = owners;
    const who = owner ? `container ${owner.name}` : "another process on that machine";
    return new CutoverError(`traffic.listen: port ${port} is in use by ${who}`, {
        cause,
        next: owner
            ? `stop it, choose another port, or take it over with adopt: { container: "${owner.name}", … }`
            : "stop it, or choose another port",
    });
}
