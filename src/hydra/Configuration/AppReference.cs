using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>The form of an application's name: module:attribute, both with dots if need be.</summary>
internal static class AppReference
{
    /// <summary>
    /// Checks the form. An attribute that ends in "()" is a factory, as gunicorn writes it; what stands between the parentheses are arguments
    /// for the worker to read. A module alone has one of the usual names in it.
    /// </summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(string text, out string app, out bool factory)
    {
        app = text.Trim();
        int call = app.IndexOf('(', StringComparison.Ordinal);
        factory = call > 0 && app.EndsWith(')');
        string arguments = factory ? app[call..] : "";
        app = factory ? app[..call].TrimEnd() : app;
        int colon = app.IndexOf(':', StringComparison.Ordinal);
        string module = colon < 0 ? app : app[..colon];
        string attribute = colon < 0 ? "" : app[(colon + 1)..];

        if (SuggestModule(module) is { } suggestion)
        {
            return $"\"{text}\" names a file; name the module: \"{suggestion}:{(attribute.Length > 0 ? attribute : "app")}\".";
        }

        bool isWhole = IsDotted(module) && (IsDotted(attribute) || (colon < 0 && !factory && IsNameStart(module[0]))) && ControlText.IndexOfDangerous(arguments) < 0;
        app += arguments == "()" ? "" : arguments;
        return isWhole
            ? null
            : $"\"{text}\" is not of the form module:attribute, such as \"main:app\" or \"shop.web:application\".";
    }

    /// <summary>Checks the form of a function's name: module:function.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? ReadFunction(string text, out string function)
    {
        function = text.Trim();
        int colon = function.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && SuggestModule(function[..colon]) is null && IsDotted(function[..colon]) && IsDotted(function[(colon + 1)..])
            ? null
            : $"\"{text}\" is not of the form module:function, such as \"shop.hooks:worker_exit\".";
    }

    // "main.py:app" and "shop/web.py:app" are the usual slips.
    private static string? SuggestModule(string module)
    {
        bool isFile = module.EndsWith(".py", StringComparison.Ordinal) || module.Contains('/', StringComparison.Ordinal)
            || module.Contains('\\', StringComparison.Ordinal);
        if (!isFile)
        {
            return null;
        }

        string path = module.EndsWith(".py", StringComparison.Ordinal) ? module[..^3] : module;
        path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        string dotted = path.Replace('/', '.').Replace('\\', '.').Trim('.');
        return IsDotted(dotted) ? dotted : "main";
    }

    private static bool IsDotted(string text)
        => text.Length > 0 && Array.TrueForAll(text.Split('.'), static part => part.Length > 0 && part.All(IsNameCharacter));

    // A number or an option that stands alone is no module that somebody means.
    private static bool IsNameStart(char c) => char.IsLetter(c) || c is '_';

    // Modules are found by name, not by grammar: a hyphen is fine for the import system.
    private static bool IsNameCharacter(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' || char.IsSurrogate(c);
}
