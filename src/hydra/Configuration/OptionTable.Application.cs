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
            Help = "The application: a module and an attribute in it. Also taken without the name of the option.",
            Binder = OptionBinder.OfApplication(BindApp),
        },
        new()
        {
            Name = "interface", Aliases = ["adapter"], Placeholder = OptionNames.Join(OptionNames.Interfaces), Default = "auto",
            Group = OptionGroup.Application,
            Help = "What the application speaks. With auto the worker finds out when it has loaded the application.",
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
            Binder = Section.Server.Text(static (o, v) => o with { WorkingDirectory = v }),
        },
        new()
        {
            Name = "root-path", Placeholder = "PATH", Default = "", Group = OptionGroup.Application,
            Help = "The path below which a proxy shows the application: root_path, SCRIPT_NAME.",
            Binder = OptionBinder.OfApplication(BindRootPath),
        },
        new()
        {
            Name = "lifespan", Placeholder = OptionNames.Join(OptionNames.Lifespans), Default = "auto", Group = OptionGroup.Application,
            Help = "Run the ASGI lifespan. With on, an application without one does not start.",
            Binder = Section.Application.Choice(OptionNames.Lifespans, static (o, v) => o with { Lifespan = v }),
        },
    ];

    private static string? BindApp(ApplicationDraft draft, OptionValue value)
    {
        string? problem = AppReference.Read(value.Text, out string app, out bool isFactory);
        draft.Options = draft.Options with { App = app, Factory = draft.Options.Factory || isFactory };
        draft.IsNamed = true;
        return problem;
    }

    // What has a colon names an adapter in a module, which only the worker can find.
    private static string? BindInterface(ApplicationDraft draft, OptionValue value)
    {
        string text = value.Text.Trim();
        string? problem = null;
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            problem = ValueReader.Choice(text, OptionNames.Interfaces, out text);
        }
        else if (text.StartsWith(':') || text.EndsWith(':') || ControlText.IndexOfDangerous(text) >= 0)
        {
            problem = $"\"{text}\" is not a module and an adapter in it; write package.module:Adapter.";
        }

        draft.Options = draft.Options with { Interface = text };
        return problem;
    }

    private static string? BindRootPath(ApplicationDraft draft, OptionValue value)
    {
        string? problem = ValueReader.RootPath(value.Text, out string path);
        draft.Options = draft.Options with { RootPath = path };
        return problem;
    }
}
