using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Primitives;

/// <summary>Whose a file is to be. POSIX only.</summary>
/// <param name="User">The user's number; <see cref="Unchanged"/> leaves it.</param>
/// <param name="Group">The group's number; <see cref="Unchanged"/> leaves it.</param>
[UnsupportedOSPlatform("windows")]
internal readonly unsafe partial record struct FileOwner(uint User, uint Group)
{
    /// <summary>What chown(2) takes for "as it is".</summary>
    public const uint Unchanged = uint.MaxValue;

    // struct passwd and struct group begin with two pointers, in glibc, musl and Darwin alike; the number of each comes next.
    private const int NumberAt = 2 * 8;

    /// <summary>Reads USER, USER:GROUP or :GROUP, each a name or a number.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="owner">Whose the file is to be.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(string text, out FileOwner owner)
    {
        owner = new FileOwner(Unchanged, Unchanged);
        string[] parts = text.Trim().Split(':');
        if (parts.Length > 2 || parts.All(static part => part.Length == 0))
        {
            return $"\"{text}\" is not of the form USER, USER:GROUP or :GROUP.";
        }

        if (!TryNumber(parts[0], FindUser, out uint user))
        {
            return $"there is no user \"{parts[0]}\".";
        }

        if (!TryNumber(parts.ElementAtOrDefault(1) ?? "", FindGroup, out uint group))
        {
            return $"there is no group \"{parts[1]}\".";
        }

        owner = new FileOwner(user, group);
        return null;
    }

    /// <summary>Makes it the owner of a file.</summary>
    /// <exception cref="IOException">It cannot be: mostly only root may give files away.</exception>
    public void Take(string path)
    {
        if (ChangeOwner(path, User, Group) != 0)
        {
            throw new IOException($"its file cannot be given to another owner: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static bool TryNumber(string name, Func<string, nint> find, out uint number)
    {
        number = Unchanged;
        if (name.Length == 0 || uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number != Unchanged)
        {
            return true;
        }

        nint entry = find(name);
        number = entry == 0 ? Unchanged : *(uint*)(entry + NumberAt);
        return entry != 0;
    }

    // What they give is theirs, until the next call: they are called by one thread, at the start.
    [LibraryImport("libc", EntryPoint = "getpwnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint FindUser(string name);

    [LibraryImport("libc", EntryPoint = "getgrnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint FindGroup(string name);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
