namespace Hydra.Files;

/// <summary>
/// A pattern of paths, as gitignore(5) has them: <c>*</c> and <c>?</c> within a name, <c>**</c> over names, sets in brackets, a backslash before what is meant
/// itself. Immutable. Regular expressions that are made at run time would be a tenth of the executable.
/// </summary>
internal sealed class GlobPattern
{
    private readonly List<Part> _parts = [];

    private GlobPattern(string pattern, bool isAnchored)
    {
        if (!isAnchored)
        {
            _parts.Add(new Part(Kind.Directories));
        }

        for (int i = 0; i < pattern.Length;)
        {
            i += Add(pattern, i);
        }
    }

    private enum Kind
    {
        Character,
        AnyCharacter,
        Set,
        Name,
        Path,
        Directories,
    }

    /// <summary>Reads a pattern; it fits names at any depth where it has no slash but at its end.</summary>
    /// <returns>Null where it is none.</returns>
    public static GlobPattern? Of(string pattern)
    {
        bool isAnchored = pattern.TrimEnd('/').Contains('/', StringComparison.Ordinal);
        pattern = pattern.Trim('/');
        return pattern.Length == 0 ? null : new GlobPattern(pattern, isAnchored);
    }

    /// <summary>Whether a path fits: all of it.</summary>
    /// <param name="path">With slashes, none in front.</param>
    public bool Fits(string path)
    {
        bool[]? failed = null;
        return Fits(path, 0, 0, 0, ref failed);
    }

    // What did not fit from a part and a place on does not do so the next time either: with that remembered it is a matter of their product at most. The first
    // two parts of any length, which most patterns have at most, need no memory for it.
    private bool Fits(string path, int part, int at, int depth, ref bool[]? failed)
    {
        for (; part < _parts.Count; part++, at++)
        {
            Part next = _parts[part];
            if (next.Kind is Kind.Name or Kind.Path or Kind.Directories)
            {
                return FitsSomewhere(path, part, at, depth, ref failed);
            }

            if (at == path.Length || !next.Fits(path[at]))
            {
                return false;
            }
        }

        return at == path.Length;
    }

    private bool FitsSomewhere(string path, int part, int at, int depth, ref bool[]? failed)
    {
        int index = (part * (path.Length + 1)) + at;
        if (depth > 1 && (failed ??= new bool[_parts.Count * (path.Length + 1)])[index])
        {
            return false;
        }

        Kind kind = _parts[part].Kind;
        for (int to = at; to <= path.Length; to++)
        {
            bool isPlace = kind is not Kind.Directories || to == at || path[to - 1] == '/';
            if (isPlace && Fits(path, part + 1, to, depth + 1, ref failed))
            {
                return true;
            }

            if (kind is Kind.Name && to < path.Length && path[to] == '/')
            {
                break;
            }
        }

        if (depth > 1)
        {
            failed![index] = true;
        }

        return false;
    }

    // Adds what stands at a place of the pattern; returns how many characters it has.
    private int Add(string pattern, int i)
    {
        ReadOnlySpan<char> rest = pattern.AsSpan(i);
        if (rest.StartsWith("**/"))
        {
            _parts.Add(new Part(Kind.Directories));
            return 3;
        }

        if (rest.StartsWith("**"))
        {
            _parts.Add(new Part(Kind.Path));
            return 2;
        }

        if (rest[0] == '\\' && rest.Length > 1)
        {
            _parts.Add(new Part(Kind.Character, rest[1]));
            return 2;
        }

        int end = rest[0] == '[' && rest.Length > 2 ? pattern.IndexOf(']', i + 2) : -1;
        if (end > 0)
        {
            _parts.Add(new Part(Kind.Set, default, pattern[(i + 1)..end]));
            return end - i + 1;
        }

        _parts.Add(rest[0] switch { '*' => new Part(Kind.Name), '?' => new Part(Kind.AnyCharacter), char c => new Part(Kind.Character, c) });
        return 1;
    }

    private readonly record struct Part(Kind Kind, char Character = default, string Set = "")
    {
        public bool Fits(char c) => Kind switch
        {
            Kind.Character => c == Character,
            Kind.AnyCharacter => c != '/',
            _ => c != '/' && IsInSet(c),
        };

        private bool IsInSet(char c)
        {
            bool isNegated = Set[0] is '!' or '^';
            bool found = false;
            for (int i = isNegated ? 1 : 0; i < Set.Length; i++)
            {
                if (i + 2 < Set.Length && Set[i + 1] == '-')
                {
                    found |= c >= Set[i] && c <= Set[i + 2];
                    i += 2;
                }
                else
                {
                    found |= c == Set[i];
                }
            }

            return found != isNegated;
        }
    }
}
