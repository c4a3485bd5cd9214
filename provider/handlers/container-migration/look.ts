import type { DockerEngine, EngineInfo } from "../../platforms/docker/engine.js";
import type { ContainerFacts, VolumeFacts } from "../../platforms/docker/facts.js";
import type { ImageFacts } from "../../platforms/docker/image-facts.js";
import type { Inspection } from "../../platforms/docker/inspection.js";
import { ownPaths } from "../../platforms/docker/layer.js";
import type { NetworkFacts } from "../../platforms/docker/network-facts.js";

/** What is there before a container moves. */
export interface Seen {
    source: Inspection;
    /** Started with `--rm`. */
    removedAtEnd: boolean;
    /** Whatever has the new container's name. */
    taken?: ContainerFacts;
    /** All that run on the engine. */
    running: readonly ContainerFacts[];
    /** Those that it is in; one that is gone is not there. */
    networks: Readonly<Record<string, NetworkFacts>>;
    volumes: Readonly<Record<string, VolumeFacts>>;
    /** Paths of its own layer. */
    changed: readonly string[];
    /** Its image, as long as the engine has it. */
    image?: ImageFacts;
    engine: EngineInfo;
}

/** Looks at a container and at what its successor would meet; undefined where there is none. */
export async function lookAround(
    engine: DockerEngine,
    container: string,
    name: string,
): Promise<Seen | undefined> {
    const source = await engine.inspection(container);
    const facts = await engine.container(container);
    if (!source || !facts) return undefined;
    const [taken, running, networks, volumes, changed, image, info] = await Promise.all([
        engine.container(name),
        engine.running(),
        byName(Object.keys(source.networks), (network) => engine.network(network)),
        byName(
            source.mounts.flatMap(({ volume }) => volume ?? []),
            (volume) => engine.volume(volume),
        ),
        engine.changedPaths(source.id),
        engine.image(source.imageId),
        engine.info(),
    ]);
    return {
        source,
        removedAtEnd: facts.removedAtEnd,
        ...(taken ? { taken } : {}),
        running,
        networks,
        volumes,
        changed: ownPaths(changed, source.mounts),
        ...(image ? { image } : {}),
        engine: info,
    };
}

/** Of each name what it is; one that is not there is left out. */
async function byName<T>(
    list: readonly string[],
    look: (name: string) => Promise<T | undefined>,
): Promise<Record<string, T>> {
    const found = await Promise.all(list.map(async (name) => [name, await look(name)] as const));
    return Object.fromEntries(
        found.flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const])),
    );
}
