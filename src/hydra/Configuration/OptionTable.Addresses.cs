namespace Hydra.Configuration;

/// <content>Where the server listens.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> AddressRows =>
    [
        new()
        {
            Name = "host", Placeholder = "HOST", Default = "127.0.0.1", Group = OptionGroup.Address,
            Help = "Listen at this host name or IP address; HOST:PORT is accepted too.",
            Binder = Address(static (a, v) => a.Host = v),
        },
        new()
        {
            Name = "port", Placeholder = "PORT", Default = "8000", SharedVariables = ["PORT"], Group = OptionGroup.Address,
            Help = "Listen at this port; 0 takes a free one. With the variable PORT the default of --host is 0.0.0.0.",
            Binder = Address(static (a, v) => a.Port = v),
        },
        new()
        {
            Name = "bind", Short = 'b', Placeholder = "ADDRESS", Repeatable = true, Group = OptionGroup.Address,
            Help = "Listen at HOST:PORT, [::1]:PORT, :PORT (every interface), PORT (this machine only), unix:/path or fd://N. May be repeated, with http:// or https:// "
                + "in front where only some are to speak TLS; takes the place of --host, --port, --uds and --fd.",
            Binder = Address(static (a, v) => a.Binds.Add(v)),
        },
        new()
        {
            Name = "uds", Placeholder = "PATH", Group = OptionGroup.Address,
            Help = "Listen at a Unix socket.",
            Binder = Address(static (a, v) => a.UnixPath = v),
        },
        new()
        {
            Name = "uds-permissions", Placeholder = "MODE", Default = "666", Group = OptionGroup.Address,
            Help = "Permissions of the Unix sockets, in octal. With the default every user of the machine may connect, such as that of a "
                + "proxy, as far as the directory lets him.",
            Binder = Section.Addresses.Permissions(static (o, v) => o with { SocketMode = v }),
        },
        new()
        {
            Name = "fd", Placeholder = "N", Group = OptionGroup.Address,
            Help = "Listen on the socket that is open as this descriptor when hydra starts. Sockets from systemd need no option.",
            Binder = Address(static (a, v) => a.Descriptor = v),
        },
        new()
        {
            Name = "backlog", Placeholder = "N", Default = "2048", Group = OptionGroup.Address,
            Help = "Connections that the system keeps waiting for the server.",
            Binder = Section.Addresses.Integer(1, 1_000_000, static (o, v) => o with { Backlog = v }),
        },
        new()
        {
            Name = "pid", Short = 'p', Aliases = ["pidfile"], Placeholder = "PATH", Group = OptionGroup.Address,
            Help = "Write the process id of the server to this file when it listens. An upgrade (SIGUSR2) writes the new one.",
            Binder = Section.Server.Path(static (o, v) => o with { PidFile = v }),
        },
    ];

    private static OptionBinder Address(Action<AddressDraft, OptionValue> set) => OptionBinder.OfServer((draft, value) =>
    {
        set(draft.Addresses, value);
        return null;
    });
}
