using Hydra.Primitives;

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
                + "in front where only some are to speak TLS, and uwsgi:// for the protocol of nginx's uwsgi_pass; takes the place of --host, --port, --uds and --fd.",
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
            Name = "uds-owner", Placeholder = "USER[:GROUP]", Group = OptionGroup.Address,
            Help = "Give the Unix sockets to this user, this group (:GROUP) or both, by name or number. Only root may give files to another user.",
            Binder = OptionBinder.OfServer(BindOwner),
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
            Binder = Section.Server.Path(static (o, v) => o with { PidFile = v }, CheckPidFile),
        },
        new()
        {
            Name = "control-socket", Placeholder = "PATH", Group = OptionGroup.Address,
            Help = "Make a Unix socket here at which this server can be asked and told things: hydra status, hydra ctl, hydra top, which find it in the same "
                + "places. Only the server's user and root may.",
            Binder = OptionBinder.OfServer(BindControlSocket),
        },
    ];

    private static string? BindControlSocket(ServerDraft draft, OptionValue value)
    {
        draft.Options = draft.Options with { ControlSocket = value.Text };
        return draft.Host.IsWindows ? "there is none on Windows, where nobody could tell who asks: leave it out."
            : value.Text.Length == 0 ? "the path is empty."
            : value.Text.Contains('\0', StringComparison.Ordinal) ? "the path contains a NUL character."
            : null;
    }

    private static string? BindOwner(ServerDraft draft, OptionValue value)
    {
        if (draft.Host.IsWindows || OperatingSystem.IsWindows())
        {
            return "files have no such owners on Windows: leave it out.";
        }

        string? problem = FileOwner.Read(value.Text, out FileOwner owner);
        draft.Options = draft.Options with { Addresses = draft.Options.Addresses with { SocketOwner = owner } };
        return problem;
    }

    // -p is the port elsewhere, and nobody calls a file 8000.
    private static string? CheckPidFile(string path) => path.All(char.IsAsciiDigit)
        ? $"\"{path}\" is to be a file. For a port give --port {path}, for a file of that name ./{path}."
        : null;

    private static OptionBinder Address(Action<AddressDraft, OptionValue> set) => OptionBinder.OfServer((draft, value) =>
    {
        set(draft.Addresses, value);
        return null;
    });
}
