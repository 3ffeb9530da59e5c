using System.Buffers;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// Header fields that a worker is told of, or not, other than the client sent them. Immutable; made by parts of the edge for requests that
/// need it.
/// </summary>
internal sealed class HeaderEdits
{
    private readonly byte[][] _removed;
    private readonly byte[] _added;

    /// <summary>Describes edits.</summary>
    /// <param name="removed">Lower-case names of fields that are left out, whatever the client sent.</param>
    /// <param name="added">Fields that come behind what the client sent: lower-case names, and values in Latin-1.</param>
    public HeaderEdits(IReadOnlyList<string> removed, IReadOnlyList<KeyValuePair<string, string>> added)
        : this([.. removed.Select(Encoding.Latin1.GetBytes)], Encoding.Latin1.GetBytes(string.Join('\0', added.Select(static field => $"{field.Key}\0{field.Value}"))))
    {
    }

    private HeaderEdits(byte[][] removed, byte[] added)
    {
        _removed = removed;
        _added = added;
    }

    /// <summary>These edits, and beside them a field in the place of those of its name that the client sent.</summary>
    /// <param name="edits">The edits so far; null for none.</param>
    /// <param name="name">The field's name in lower case.</param>
    /// <param name="value">Its value in Latin-1.</param>
    public static HeaderEdits Replacing(HeaderEdits? edits, byte[] name, string value)
    {
        int start = edits is { _added.Length: > 0 } ? edits._added.Length + 1 : 0;
        byte[] added = new byte[start + name.Length + 1 + value.Length];
        edits?._added.CopyTo(added, 0);
        name.CopyTo(added, start);
        Encoding.Latin1.GetBytes(value, added.AsSpan(start + name.Length + 1));
        return new HeaderEdits(edits is null ? [name] : [.. edits._removed, name], added);
    }

    /// <summary>These edits, and beside them no field of a name that the client sent.</summary>
    /// <param name="edits">The edits so far; null for none.</param>
    /// <param name="name">The field's name in lower case.</param>
    public static HeaderEdits Removing(HeaderEdits? edits, byte[] name)
        => edits is null ? new HeaderEdits([name], []) : new HeaderEdits([.. edits._removed, name], edits._added);

    /// <summary>The most bytes by which a block grows.</summary>
    public int Growth => _added.Length + 1;

    /// <summary>Writes a header block of the link protocol as it is to be.</summary>
    /// <param name="block">Names and values, with NUL between them.</param>
    /// <param name="target">Has room for the block and <see cref="Growth"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public int Apply(ReadOnlySpan<byte> block, Span<byte> target)
    {
        int count = 0;
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(block))
        {
            if (!IsRemoved(name))
            {
                count = Append(target, Append(target, count, name), value);
            }
        }

        return _added.Length == 0 ? count : Append(target, count, _added);
    }

    private bool IsRemoved(ReadOnlySpan<byte> name)
    {
        foreach (byte[] removed in _removed)
        {
            if (name.SequenceEqual(removed))
            {
                return true;
            }
        }

        return false;
    }

    private static int Append(Span<byte> target, int count, ReadOnlySpan<byte> part)
    {
        if (count > 0)
        {
            target[count++] = 0;
        }

        part.CopyTo(target[count..]);
        return count + part.Length;
    }
}
