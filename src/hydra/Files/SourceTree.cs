namespace Hydra.Files;

/// <summary>
/// The files below some directories whose change means that the code is another: those of some names, without what git ignores, hidden directories,
/// virtual environments and installed packages, into which it does not look. Links to directories are not followed. One thread at a time.
/// </summary>
/// <param name="directories">The directories.</param>
/// <param name="includes">Patterns of files beside *.py, as .gitignore has them; what they name is watched though git ignores it.</param>
/// <param name="excludes">Patterns of files and directories that are not watched.</param>
internal sealed class SourceTree(IReadOnlyList<string> directories, IReadOnlyList<string> includes, IReadOnlyList<string> excludes)
{
    private const string Usual = "*.py";
    private const string IgnoreFile = ".gitignore";

    // Nobody edits by hand what is in more than so many.
    private const int MostDirectories = 20_000;

    // What the server's own files lie in, which may be here: HYDRA_RUNTIME_DIR may name it.
    private const string Shim = "hydra-shim-";

    private static readonly HashSet<string> Never = new(StringComparer.Ordinal) { "node_modules", "__pycache__", "site-packages", "dist-packages" };

    private readonly GlobPattern[] _included = [.. includes.Prepend(Usual).Select(GlobPattern.Of).OfType<GlobPattern>()];
    private readonly GlobPattern[] _wanted = [.. includes.Select(GlobPattern.Of).OfType<GlobPattern>()];
    private readonly GlobPattern[] _excluded = [.. excludes.Select(GlobPattern.Of).OfType<GlobPattern>()];
    private Dictionary<string, (long Time, long Size)> _known = [];
    private bool _hasLooked;
    private int _left;

    /// <summary>How many files are watched.</summary>
    public int Count => _known.Count;

    /// <summary>Looks at all of them.</summary>
    /// <returns>One that was changed, added or removed since the last look; null where none was, and for the first look.</returns>
    public string? Look()
    {
        Dictionary<string, (long Time, long Size)> present = new(_known.Count);
        _left = MostDirectories;
        foreach (string directory in directories)
        {
            string root = Path.GetFullPath(directory);
            Walk(root, root, Outer(root), present);
        }

        Dictionary<string, (long Time, long Size)> before = _known;
        _known = present;
        string? changed = !_hasLooked ? null
            : present.FirstOrDefault(file => !before.TryGetValue(file.Key, out (long, long) known) || known != file.Value).Key
                ?? before.Keys.FirstOrDefault(name => !present.ContainsKey(name));
        _hasLooked = true;
        return changed;
    }

    // The rules of the directories further out, as far as the repository goes; those that count more come last.
    private static List<(string Directory, IgnoreRules Rules)> Outer(string root)
    {
        List<(string Directory, IgnoreRules Rules)> rules = [];
        for (string? at = root; at is not null && !Path.Exists(Path.Combine(at, ".git")); at = Path.GetDirectoryName(at))
        {
            if (Path.GetDirectoryName(at) is { } outer)
            {
                Read(outer, rules);
            }
        }

        rules.Reverse();
        return Path.Exists(Path.Combine(root, ".git")) || rules.Exists(static one => Path.Exists(Path.Combine(one.Directory, ".git"))) ? rules : [];
    }

    private static void Read(string directory, List<(string Directory, IgnoreRules Rules)> rules)
    {
        try
        {
            string path = Path.Combine(directory, IgnoreFile);
            if (File.Exists(path) || Path.Exists(Path.Combine(directory, ".git")))
            {
                rules.Add((directory, new IgnoreRules(File.Exists(path) ? File.ReadLines(path) : [])));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's.
        }
    }

    private static bool Fits(GlobPattern[] patterns, string path) => Array.Exists(patterns, pattern => pattern.Fits(path));

    private static bool IsIgnored(List<(string Directory, IgnoreRules Rules)> rules, string path, bool isDirectory)
    {
        for (int i = rules.Count - 1; i >= 0; i--)
        {
            string relative = Path.GetRelativePath(rules[i].Directory, path).Replace('\\', '/');
            if (rules[i].Rules.Of(relative, isDirectory) is { } verdict)
            {
                return verdict;
            }
        }

        return false;
    }

    private void Walk(string root, string directory, List<(string Directory, IgnoreRules Rules)> outer, Dictionary<string, (long Time, long Size)> found)
    {
        if (_left-- <= 0)
        {
            return;
        }

        List<(string Directory, IgnoreRules Rules)> rules = outer;
        if (File.Exists(Path.Combine(directory, IgnoreFile)))
        {
            rules = [.. outer];
            Read(directory, rules);
        }

        try
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                string path = Path.GetRelativePath(root, entry.FullName).Replace('\\', '/');
                if (Fits(_excluded, path))
                {
                    continue;
                }

                if (entry is FileInfo file)
                {
                    if (Fits(_included, path) && (Fits(_wanted, path) || !IsIgnored(rules, entry.FullName, isDirectory: false)))
                    {
                        found[entry.FullName] = (file.LastWriteTimeUtc.Ticks, file.Exists ? file.Length : -1);
                    }
                }
                else if (IsLookedInto(entry) && !IsIgnored(rules, entry.FullName, isDirectory: true))
                {
                    Walk(root, entry.FullName, rules, found);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone meanwhile, or somebody else's: what was seen of it counts.
        }
    }

    private static bool IsLookedInto(FileSystemInfo directory)
        => !directory.Name.StartsWith('.') && !directory.Name.StartsWith(Shim, StringComparison.Ordinal) && !Never.Contains(directory.Name) && directory.LinkTarget is null
            && !File.Exists(Path.Combine(directory.FullName, "pyvenv.cfg"));
}
