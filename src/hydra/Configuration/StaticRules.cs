using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads the options about files that the server serves.</summary>
internal static class StaticRules
{
    /// <summary>Reads PLACE=DIR.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Mount(string text, out StaticMount mount)
    {
        mount = new StaticMount(MountPlace.Everywhere, "");
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || equals == text.Length - 1)
        {
            return $"\"{text}\" is not of the form PLACE=DIR, such as /static/=staticfiles.";
        }

        string directory = text[(equals + 1)..];
        string? problem = MountPlace.Read(text[..equals].Trim(), out MountPlace place);
        mount = new StaticMount(place, directory);
        return problem ?? (directory.Contains('\0', StringComparison.Ordinal) ? "the path contains a NUL character." : null);
    }

    /// <summary>Reads the name of a file in a directory; empty for none.</summary>
    public static string? FileName(string text, out string? name)
    {
        name = text.Length == 0 ? null : text;
        return text.AsSpan().ContainsAny('/', '\\') || text.StartsWith('.') || ControlText.IndexOfDangerous(text) >= 0
            ? $"\"{text}\" is not the name of a file, such as index.html."
            : null;
    }

    /// <summary>Reads PATTERN=VALUE.</summary>
    public static string? CacheControl(string text, out KeyValuePair<string, string> rule)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        rule = equals > 0 ? KeyValuePair.Create(text[..equals].Trim(), text[(equals + 1)..].Trim()) : default;
        return equals <= 0 || rule.Key.Length == 0 || rule.Value.Length == 0
            ? $"\"{text}\" is not of the form PATTERN=VALUE, such as \"*.html=no-cache\"."
            : rule.Value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? $"\"{rule.Value}\" has a character that a header field cannot have."
            : null;
    }

    /// <summary>Reads .END=TYPE.</summary>
    public static string? MediaType(string text, out KeyValuePair<string, string> type)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        type = equals > 0 ? KeyValuePair.Create(text[..equals].Trim().TrimStart('.'), text[(equals + 1)..].Trim()) : default;
        return equals <= 0 || type.Key.Length == 0 || type.Value.IndexOf('/', StringComparison.Ordinal) <= 0
            || type.Value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? $"\"{text}\" is not of the form .END=TYPE, such as .glb=model/gltf-binary."
            : null;
    }

    /// <summary>What the options have to do with each other.</summary>
    /// <param name="options">The options.</param>
    /// <param name="fail">Told what does not fit, a sentence each.</param>
    /// <returns>The options, with granian's among the others.</returns>
    public static StaticOptions Settle(StaticOptions options, Action<string> fail)
    {
        // As granian has it: one directory needs no route.
        IReadOnlyList<string> routes = options.Routes.Count == 0 && options.Directories.Count == 1 ? ["/static"] : options.Routes;
        if (routes.Count != options.Directories.Count)
        {
            fail($"--static-path-route is given {routes.Count} times and --static-path-mount {options.Directories.Count} times: "
                + "each directory has a path, in the same order.");
            return options;
        }

        List<StaticMount> mounts = [.. options.Mounts];
        for (int i = 0; i < routes.Count; i++)
        {
            if (MountPlace.Read(routes[i], out MountPlace place) is { } problem)
            {
                fail($"--static-path-route: {problem}");
            }

            mounts.Add(new StaticMount(place, options.Directories[i]));
        }

        if (mounts.GroupBy(static mount => mount.Place).FirstOrDefault(static same => same.Count() > 1) is { } twice)
        {
            fail($"--static: {twice.Key} is given twice: one place shows one directory.");
        }

        if (mounts.Count == 0 && options != new StaticOptions { Routes = options.Routes, Directories = options.Directories })
        {
            fail("options say how files are served, and none are: --static PLACE=DIR names a directory.");
        }

        return mounts.Count == 0 ? options : options with { Mounts = mounts, Routes = [], Directories = [] };
    }
}
