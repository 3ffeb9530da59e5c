using System.Collections.Immutable;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>What the application is, and where it is found.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> ApplicationRows =>
    [
        new()
        {
            Name = "app", Placeholder = "MODULE:ATTR", Group = OptionGroup.Application,
            Help = "The application: a module and an attribute in it, \"application\" or \"app\" where none is given. Also taken without the name "
                + "of the option. With --interface proxy a command: --app \"node server.js\", or -- node server.js behind all options.",
            Binder = OptionBinder.OfApplication(BindApp),
        },
        new()
        {
            Name = "mount", Placeholder = "PLACE=MODULE:ATTR", Repeatable = true, HasVariable = false, Group = OptionGroup.Application,
            Help = "A further application at a place of its own: /path, a host (*.example.org for all below it) or host/path. Options of its own "
                + "follow behind commas: /api=shop.api:app,workers=2,python=/opt/shop; what is not said there is as for all. May be repeated.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                draft.Mounts.Add(value);
                return null;
            }),
        },
        new()
        {
            Name = "pool", Placeholder = "NAME:PATH=N", Repeatable = true, HasCommas = true, Group = OptionGroup.Application,
            Help = "Requests at or below a path get N workers and a queue of their own, with the same application: slow:/export/*=2. Several paths, and options of its own behind the number, follow "
                + "commas: slow:/export,/reports=2,threads=8,queue-size=50. May be repeated.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                draft.Pools.Add(value);
                return null;
            }),
        },
        new()
        {
            Name = "interface", Aliases = ["adapter"], Placeholder = OptionNames.Join(OptionNames.Interfaces), Default = "auto",
            Group = OptionGroup.Application,
            Help = "What the application speaks: an interface, a framework that has a server of its own (aiohttp, tornado), or an adapter of yours as "
                + "package.module:Adapter. With auto the worker finds out when it has loaded the application; raw has to be said, and so has rsgi for a "
                + "function without __rsgi__. proxy: the worker is a program that listens at $PORT or at the Unix socket $HYDRA_SOCKET; "
                + "worker: it speaks docs/protocol.md itself.",
            Binder = OptionBinder.OfApplication(BindInterface),
        },
        new()
        {
            Name = "factory", Default = "false", Group = OptionGroup.Application,
            Help = "The attribute is a function without arguments that returns the application. The same as MODULE:ATTR().",
            Binder = Section.Application.Switch(static (o, v) => o with { Factory = v || o.Factory }),
        },
        new()
        {
            Name = "app-dir", Placeholder = "DIR", Default = "(the working directory)", Group = OptionGroup.Application,
            Help = "Look for the application here: the directory is put first on sys.path.",
            Binder = Section.Application.Text(static (o, v) => o with { AppDir = v }),
        },
        new()
        {
            Name = "chdir", Aliases = ["working-dir"], Placeholder = "DIR", Default = "(where hydra is started)",
            Group = OptionGroup.Application,
            Help = "Change to this directory before anything else.",
            Binder = Section.Server.Path(static (o, v) => o with { WorkingDirectory = v }),
        },
        new()
        {
            Name = "umask", Short = 'm', Placeholder = "MODE", Group = OptionGroup.Application,
            Help = "Permissions that files do not get which the server and its workers make, in octal, such as 027. Not for Unix sockets: "
                + "--uds-permissions.",
            Binder = Section.Server.Umask(static (o, v) => o with { Umask = v }),
        },
        new()
        {
            Name = "config", Short = 'c', Placeholder = "PATH", Default = "(hydra.toml)", Group = OptionGroup.Application,
            Help = "A file of TOML in which each option is a key; without it hydra.toml, or [tool.hydra] of pyproject.toml, is read. It counts less than the command line and the environment. \"hydra check\" prints what "
                + "comes of all of them.",
            Binder = OptionBinder.OfServer(static (_, value) => ConfigRules.ProblemOf(value.Text)),
        },
        new()
        {
            Name = "check-config", HasVariable = false, Group = OptionGroup.Application,
            Help = "Load the application in one worker, say whether it could serve, and exit: 0, or 3. Nothing is listened at. \"hydra check\" does the same, "
                + "and prints the configuration.",
            Binder = Section.Server.Switch(static (o, v) => o with { ChecksOnly = v }),
        },
        new()
        {
            Name = "root-path", Placeholder = "PATH", Default = "", SharedVariables = ["SCRIPT_NAME"], Group = OptionGroup.Application,
            Help = "The path below which a proxy shows the application: root_path, SCRIPT_NAME. It may have taken it off the path or not.",
            Binder = OptionBinder.OfApplication(BindRootPath),
        },
        new()
        {
            Name = "name", Short = 'n', Placeholder = "NAME", Default = "(the application)", HasVariable = false, Group = OptionGroup.Application,
            Help = "What ps and top show for a worker: \"hydra: worker 2 NAME\".",
            Binder = Section.Application.Text(static (o, v) => o with { Name = v }),
        },
        new()
        {
            Name = "env", Short = 'e', Placeholder = "NAME=VALUE", Repeatable = true, HasVariable = false, Group = OptionGroup.Application,
            Help = "Set a variable in the environment of the workers. May be repeated.",
            Binder = OptionBinder.OfApplication(BindVariable),
        },
        new()
        {
            Name = "env-file", Placeholder = "PATH", Group = OptionGroup.Application,
            Help = "Set the variables in this file, lines of NAME=VALUE as python-dotenv has them, in the workers. What is set in the "
                + "environment already counts more, and --env most. Read at each start of a worker.",
            Binder = Section.Application.Path(static (o, v) => o with { VariablesFile = v }),
        },
        new()
        {
            Name = "lifespan", Aliases = ["asgi-lifespan"], Placeholder = OptionNames.Join(OptionNames.Lifespans), Default = "auto", Group = OptionGroup.Application,
            Help = "Run the ASGI lifespan. With on, an application without one does not start; one of WSGI has none.",
            Binder = Section.Application.Choice(OptionNames.Lifespans, static (o, v) => o with { Lifespan = v }),
        },
    ];

    private static string? BindApp(ApplicationDraft draft, OptionValue value)
    {
        // What it means the interface says, which may come behind it.
        draft.App = value;
        draft.IsNamed = true;
        return null;
    }

    // What has a colon names an adapter in a module, which only the worker can find.
    private static string? BindInterface(ApplicationDraft draft, OptionValue value)
    {
        string text = value.Text.Trim();
        string? problem = null;
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            // uvicorn's word.
            problem = ValueReader.Choice(text.Equals("asgi3", StringComparison.OrdinalIgnoreCase) ? "asgi" : text, OptionNames.Interfaces, out text);
        }
        else if (text.StartsWith(':') || text.EndsWith(':') || ControlText.IndexOfDangerous(text) >= 0)
        {
            problem = $"\"{text}\" is not a module and an adapter in it; write package.module:Adapter.";
        }

        draft.Options = draft.Options with { Interface = text };
        return problem;
    }

    private static string? BindVariable(ApplicationDraft draft, OptionValue value)
    {
        int equals = value.Text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || value.Text.Contains('\0', StringComparison.Ordinal))
        {
            return $"\"{value.Text}\" is not of the form NAME=VALUE.";
        }

        // daphne's -e has an address in this place, such as ssl:443:privateKey=key.pem.
        string name = value.Text[..equals];
        if (!name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '(' or ')'))
        {
            return $"\"{name}\" is not the name of a variable."
                + (name.Contains(':', StringComparison.Ordinal) ? " An address is given with --bind." : "");
        }

        KeyValuePair<string, string> variable = new(name, value.Text[(equals + 1)..]);

        // Shares what is there with the list before: a file may have thousands.
        IReadOnlyList<KeyValuePair<string, string>> before = draft.Options.Variables;
        draft.Options = draft.Options with { Variables = (before as ImmutableList<KeyValuePair<string, string>> ?? [.. before]).Add(variable) };
        return null;
    }

    private static string? BindRootPath(ApplicationDraft draft, OptionValue value)
    {
        string? problem = ValueReader.RootPath(value.Text, out string path);
        draft.Options = draft.Options with { RootPath = path };
        return problem;
    }
}
