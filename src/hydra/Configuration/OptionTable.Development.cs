namespace Hydra.Configuration;

/// <content>Code that is being written.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> DevelopmentRows =>
    [
        new()
        {
            Name = "reload", Default = "false", Group = OptionGroup.Development,
            Help = "Replace the workers when their code changes, and show tracebacks to clients: for development alone. A request waits for the code that is there when it "
                + "comes. \"hydra dev main:app\" is this with a log of requests.",
            Binder = Section.Development.Switch(static (o, v) => o with { IsOn = v }),
        },
        new()
        {
            Name = "reload-dir", Placeholder = "DIR", Default = "(the application's)", Repeatable = true, Group = OptionGroup.Development,
            Help = "Watch the files in this directory and below, in the place of --app-dir or the working directory. May be repeated.",
            Binder = Section.Development.Text(static (o, v) => o with { Directories = [.. o.Directories, v] }),
        },
        new()
        {
            Name = "reload-include", Placeholder = "PATTERN", Repeatable = true, Group = OptionGroup.Development,
            Help = "Watch these files beside *.py, such as *.html, also those that .gitignore names. May be repeated.",
            Binder = Section.Development.Text(static (o, v) => o with { Includes = [.. o.Includes, v] }),
        },
        new()
        {
            Name = "reload-exclude", Placeholder = "PATTERN", Repeatable = true, Group = OptionGroup.Development,
            Help = "Do not watch these files and directories. What .gitignore names, hidden directories, virtual environments and node_modules are not watched anyway. "
                + "May be repeated.",
            Binder = Section.Development.Text(static (o, v) => o with { Excludes = [.. o.Excludes, v] }),
        },
    ];
}
