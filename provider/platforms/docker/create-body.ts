import {
    hasOwnHostname,
    type InspectedMount,
    type InspectedNetwork,
    type Inspection,
    listIn,
    mapIn,
    type Settings,
} from "./inspection.js";

/** What differs between a container and the one that takes its place. */
export interface Successor {
    /** What it is created from. */
    image: string;
    /** Whether that image has an entrypoint of its own, which the container may have taken away. */
    imageHasEntrypoint: boolean;
    /** By the old volume: the volume that is mounted instead. One that is not here stays. */
    volumes: Readonly<Record<string, { volume: string; copied: boolean }>>;
    /** By the old folder of the host: the folder that is mounted instead. One that is not here stays. */
    binds: Readonly<Record<string, string>>;
    /** Added to those of the container. */
    labels: Readonly<Record<string, string>>;
    /** Keeps also a host name that the engine chose: a process that goes on has it in memory. */
    keepHostname: boolean;
}

/** The body of `POST /containers/create`, and the networks that it joins before it starts. */
export interface CreateRequest {
    body: Settings;
    /** Docker before 25 creates a container in one network only. */
    connect: readonly { network: string; endpoint: Settings }[];
}

/**
 * What makes a container with all that another one is. Settings that this package does not know go along as they are.
 * It starts by itself only when it is told to later (restart policy "no"), and Docker never fills its copied volumes.
 */
export function createRequest(source: Inspection, successor: Successor): CreateRequest {
    const networks = endpointsOf(source);
    return {
        body: {
            ...configOf(source, successor),
            HostConfig: hostConfigOf(source, successor, networks.first),
            NetworkingConfig: {
                EndpointsConfig: networks.first
                    ? { [networks.first.network]: networks.first.endpoint }
                    : {},
            },
        },
        connect: networks.others,
    };
}

function configOf(source: Inspection, successor: Successor): Settings {
    const { Hostname, Entrypoint, ExposedPorts, Labels: _labels, ...rest } = source.config;
    const inOthersNetwork = source.host.NetworkMode.startsWith("container:");
    const named = !inOthersNetwork && (successor.keepHostname || hasOwnHostname(source));
    return {
        ...rest,
        ...(named ? { Hostname } : {}),
        // The engine refuses ports beside another container's network, those of the image not.
        ...(inOthersNetwork || ExposedPorts == null ? {} : { ExposedPorts }),
        ...entrypointOf(Entrypoint, successor),
        Labels: labelsOf(source, successor),
        Image: successor.image,
    };
}

/** None at all is written as one empty text: otherwise the image's would come back. */
function entrypointOf(entrypoint: unknown, { imageHasEntrypoint }: Successor): Settings {
    const none = !Array.isArray(entrypoint) || entrypoint.length === 0;
    if (!none) return { Entrypoint: entrypoint };
    return imageHasEntrypoint ? { Entrypoint: [""] } : {};
}

/** Our own labels say whose a container is: those of an earlier migration are not this one's. */
function labelsOf({ config }: Inspection, { labels }: Successor): Settings {
    const carried = Object.entries(mapIn(config, "Labels")).filter(
        ([key]) => !key.startsWith("cutover."),
    );
    return { ...Object.fromEntries(carried), ...labels };
}

function hostConfigOf(
    source: Inspection,
    successor: Successor,
    first: Endpoint | undefined,
): Settings {
    const { host } = source;
    const binds = listIn<string>(host, "Binds");
    const mounts = listIn<Settings>(host, "Mounts");
    const covered = new Set([
        ...binds.map((bind) => partsOf(bind).path),
        ...mounts.map(({ Target }) => Target),
        ...Object.keys(mapIn(host, "Tmpfs")),
    ]);
    // Anonymous volumes, and what came by --volumes-from, are in no setting: only among the mounts.
    const others = source.mounts.filter(
        ({ type, path }) => (type === "volume" || type === "bind") && !covered.has(path),
    );
    return {
        ...host,
        ...(first ? { NetworkMode: first.network } : {}),
        Binds: binds.map((bind) => bindOf(bind, successor)),
        Mounts: [
            ...mounts.map((mount) => mountOf(mount, source, successor)),
            ...others.map((mount) => otherMountOf(mount, successor)),
        ],
        VolumesFrom: null,
        Links: listIn<string>(host, "Links").map((link) => linkOf(link, source.name)),
        ContainerIDFile: "",
        AutoRemove: false,
        RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    };
}

/** `SOURCE:PATH[:OPTIONS]`: a volume, or a folder where it begins with "/". */
export function partsOf(bind: string): { source: string; path: string; options: string[] } {
    const [source = "", path = "", options = ""] = bind.split(":");
    return { source, path, options: options === "" ? [] : options.split(",") };
}

function bindOf(bind: string, { volumes, binds }: Successor): string {
    const { source, path, options } = partsOf(bind);
    if (source.startsWith("/"))
        return [binds[source] ?? source, path, ...joined(options)].join(":");
    const instead = volumes[source];
    const all = instead?.copied ? [...new Set([...options, "nocopy"])] : options;
    return [instead?.volume ?? source, path, ...joined(all)].join(":");
}

function joined(options: readonly string[]): string[] {
    return options.length > 0 ? [options.join(",")] : [];
}

function mountOf(mount: Settings, { mounts }: Inspection, successor: Successor): Settings {
    const { Type, Target, Source } = mount;
    if (Type === "bind" && typeof Source === "string")
        return { ...mount, Source: successor.binds[Source] ?? Source };
    if (Type !== "volume") return mount;
    // One without a name got one from the engine.
    const volume = mounts.find(({ path }) => path === Target)?.volume ?? String(Source ?? "");
    return { ...mount, ...volumeMount(volume, successor, mapIn(mount, "VolumeOptions")) };
}

function otherMountOf(mount: InspectedMount, successor: Successor): Settings {
    const to = { Target: mount.path, ReadOnly: !mount.writable };
    if (mount.type === "volume") {
        const from = volumeMount(mount.volume ?? "", successor, {});
        return { Type: "volume", ...from, ...to };
    }
    return {
        Type: "bind",
        Source: successor.binds[mount.source] ?? mount.source,
        ...to,
        ...(mount.propagation ? { BindOptions: { Propagation: mount.propagation } } : {}),
    };
}

function volumeMount(volume: string, { volumes }: Successor, options: Settings): Settings {
    const instead = volumes[volume];
    if (!instead) return { Source: volume, VolumeOptions: options };
    const { DriverConfig: _driver, ...rest } = options;
    return {
        Source: instead.volume,
        VolumeOptions: instead.copied ? { ...rest, NoCopy: true } : rest,
    };
}

/** The engine prints "/db:/shop/store", and takes "db:store". */
function linkOf(link: string, container: string): string {
    const [other = "", alias = ""] = link.split(":");
    return `${other.replace(/^\//, "")}:${alias.replace(`/${container}/`, "").replace(/^\//, "")}`;
}

interface Endpoint {
    network: string;
    endpoint: Settings;
}

const engineNetworks = ["default", "bridge", "host", "none"];

/** The network that it is created in, unless that is one of the engine's own, and those that it joins. */
function endpointsOf(source: Inspection): { first?: Endpoint; others: Endpoint[] } {
    const mode = source.host.NetworkMode;
    const all = Object.entries(source.networks)
        .filter(([name]) => !engineNetworks.includes(name))
        .map(([network, facts]) => ({
            network,
            endpoint: endpointOf(facts, source),
            id: facts.id,
        }));
    const first = all.find(({ network, id }) => network === mode || (id !== "" && id === mode));
    const plain = ({ network, endpoint }: Endpoint) => ({ network, endpoint });
    return {
        ...(first ? { first: plain(first) } : {}),
        others: all.filter((one) => one !== first).map(plain),
    };
}

/** In a network of its own the old name goes on to resolve, to the new container. */
function endpointOf(network: InspectedNetwork, { id, name }: Inspection): Settings {
    const aliases = network.aliases.filter((alias) => alias !== id.slice(0, 12));
    return {
        Aliases: [...new Set([...aliases, name])],
        ...(network.links.length > 0 ? { Links: network.links } : {}),
        ...(network.ipam ? { IPAMConfig: network.ipam } : {}),
        ...(network.driverOptions ? { DriverOpts: network.driverOptions } : {}),
    };
}
