using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Hydra.Primitives;

/// <summary>
/// Paths whose bytes are no UTF-8, which POSIX allows and .NET destroys. As text a byte that is none is the lone surrogate U+DC00 + its
/// value, as Python has it (surrogateescape, PEP 383); for calls of .NET Linux has another name for the same file, by a descriptor.
/// Any thread; the lock guards the descriptors.
/// </summary>
internal static class OddPath
{
    private const char First = '\udc80';
    private const char Last = '\udcff';
    private const int Escape = 0xdc00;

    /// <summary>O_PATH: a descriptor that names a file and reads nothing of it.</summary>
    private const int PathOnly = 0x200000;

    // What there cannot be: never another file whose name looks alike.
    private const string Nowhere = "/proc/self/fd/none";

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, int> Opened = new(StringComparer.Ordinal);

    /// <summary>The bytes as text; <see cref="Encode"/> makes the same bytes of it.</summary>
    public static string Decode(ReadOnlySpan<byte> path)
    {
        if (Utf8.IsValid(path))
        {
            return Encoding.UTF8.GetString(path);
        }

        var text = new StringBuilder(path.Length);
        while (!path.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(path, out Rune rune, out int used) is OperationStatus.Done;
            if (isText)
            {
                text.Append(rune);
            }

            for (int i = 0; i < used && !isText; i++)
            {
                text.Append((char)(Escape + path[i]));
            }

            path = path[used..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of a path.</summary>
    public static byte[] Encode(string path)
    {
        var bytes = new List<byte>(path.Length);
        Span<byte> encoded = stackalloc byte[4];
        ReadOnlySpan<char> rest = path;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int used) is not OperationStatus.Done && rest[0] is >= First and <= Last)
            {
                bytes.Add((byte)(rest[0] - Escape));
            }
            else
            {
                bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            }

            rest = rest[used..];
        }

        return [.. bytes];
    }

    /// <summary>Whether the path has bytes that are no UTF-8.</summary>
    public static bool IsOdd(string path) => LastOdd(path) >= 0;

    /// <summary>The working directory, without links.</summary>
    public static string Here() => OperatingSystem.IsLinux() ? LibC.ResolvePath(".") ?? Environment.CurrentDirectory : Environment.CurrentDirectory;

    /// <summary>The working directory by a name that a shell may have for it: that name where it leads here, else as <see cref="Here"/>.</summary>
    public static string HereBy(string? name)
    {
        string here = Here();
        return !OperatingSystem.IsWindows() && Path.IsPathRooted(name) && LibC.ResolvePath(name) == here ? name : here;
    }

    /// <summary>The absolute path that .NET can use, of one that may be relative: from a working directory that is odd, too.</summary>
    public static string Full(string path)
    {
        string here = Here();
        return !IsOdd(path) && (Path.IsPathRooted(path) || !IsOdd(here)) ? Path.GetFullPath(path)

            // .NET takes ".." away by the letters, which here would lead out of /proc.
            : IsOdd(path) || path.Split('/').Contains("..") ? Reach(Path.GetFullPath(path, here))
            : Path.GetFullPath(path, "/proc/self/cwd");
    }

    /// <summary>
    /// A path by which .NET can use what the absolute path leads to now: itself, unless it is odd. Then it goes through a descriptor of
    /// the last directory with such a name, which stays open; asking again for the same path opens it anew, under the same number.
    /// </summary>
    public static string Reach(string path)
    {
        int odd = LastOdd(path);
        if (odd < 0 || !OperatingSystem.IsLinux())
        {
            return path;
        }

        int end = path.IndexOf('/', odd) is var slash and >= 0 ? slash : path.Length;
        string directory = path[..end];
        int descriptor = LibC.Open([.. Encode(directory), 0], PathOnly | LibC.CloseOnExec);
        if (descriptor < 0)
        {
            return Nowhere + path[end..];
        }

        lock (Gate)
        {
            if (Opened.TryGetValue(directory, out int before))
            {
                _ = LibC.Duplicate(descriptor, before, LibC.CloseOnExec);
                _ = LibC.Close(descriptor);
                descriptor = before;
            }

            Opened[directory] = descriptor;
        }

        return FormattableString.Invariant($"/proc/self/fd/{descriptor}{path[end..]}");
    }

    /// <summary>The text of a C string.</summary>
    public static unsafe string Read(nint text) => Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)text));

    private static int LastOdd(string path)
    {
        int at = path.Length;
        while (at > 0 && (at = path.AsSpan(0, at).LastIndexOfAnyInRange(First, Last)) >= 0)
        {
            if (at == 0 || !char.IsHighSurrogate(path[at - 1]))
            {
                return at;
            }
        }

        return -1;
    }
}
