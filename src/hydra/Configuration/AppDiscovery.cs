using System.Text.RegularExpressions;
using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>What was found where no application was named.</summary>
/// <param name="App">The application, as on the command line.</param>
/// <param name="Where">The file that says so.</param>
internal sealed record FoundApp(string App, string Where);

/// <summary>
/// Looks for the application in a directory: the entry point of pyproject.toml that "fastapi run" takes, main.py, app.py or api.py with one
/// of the usual names, the setting of a Django project. Files are read and not run.
/// </summary>
internal static partial class AppDiscovery
{
    private static readonly string[] Modules = ["main", "app", "api"];

    /// <summary>Looks for it.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>Null where there is none.</returns>
    public static FoundApp? Find(string directory)
        => InProject(directory) ?? Modules.Select(module => InModule(directory, module)).FirstOrDefault(static found => found is not null) ?? InDjango(directory);

    private static FoundApp? InProject(string directory)
    {
        string text = Read(directory, "pyproject.toml");
        Match section = FastApiSection().Match(text);
        Match entry = section.Success ? EntryPoint().Match(section.Value) : Match.Empty;
        return entry.Success ? new FoundApp(entry.Groups[1].Value, "pyproject.toml") : null;
    }

    private static FoundApp? InModule(string directory, string module)
    {
        MatchCollection names = Assignment().Matches(Read(directory, module + ".py"));
        return names.Count > 0 ? new FoundApp($"{module}:{names[0].Groups[1].Value}", module + ".py") : null;
    }

    private static FoundApp? InDjango(string directory)
    {
        Match module = SettingsModule().Match(Read(directory, "manage.py"));
        if (!module.Success)
        {
            return null;
        }

        string file = module.Groups[1].Value.Replace('.', Path.DirectorySeparatorChar) + ".py";
        Match application = DjangoApplication().Matches(Read(directory, file)).FirstOrDefault() ?? Match.Empty;
        if (!application.Success)
        {
            return null;
        }

        string name = application.Groups[1].Value;
        int dot = name.LastIndexOf('.');
        return new FoundApp($"{name[..dot]}:{name[(dot + 1)..]}", file);
    }

    private static string Read(string directory, string file)
    {
        try
        {
            return File.ReadAllText(OddPath.Full(Path.Combine(directory, file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"^\[tool\.fastapi\][ \t]*(?:#.*)?\r?\n(?:(?!\[).*\n?)*", RegexOptions.Multiline)]
    private static partial Regex FastApiSection();

    [GeneratedRegex("""^entrypoint[ \t]*=[ \t]*["']([\w.]+:[\w.]+)["']""", RegexOptions.Multiline)]
    private static partial Regex EntryPoint();

    [GeneratedRegex(@"^(app|application|api)[ \t]*(?::[^=\n]+)?=(?!=)", RegexOptions.Multiline)]
    private static partial Regex Assignment();

    [GeneratedRegex("""DJANGO_SETTINGS_MODULE["'][ \t]*,[ \t]*["']([\w.]+)["']""")]
    private static partial Regex SettingsModule();

    [GeneratedRegex("""^(?:ASGI|WSGI)_APPLICATION[ \t]*=[ \t]*["'](\w+(?:\.\w+)+)["']""", RegexOptions.Multiline)]
    private static partial Regex DjangoApplication();
}
