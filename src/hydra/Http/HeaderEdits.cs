using System.Buffers;
using System.Text;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// Header fields that a worker is told of, or not, other than the client sent them. Immutable; made by parts of the edge for requests that
/// need it.
/// </summary>
/// <param name="removed">Lower-case names of fields that are left out, whatever the client sent.</param>
/// <param name="added">Fields that come behind what the client sent: lower-case names, and values in Latin-1.</param>
internal sealed class HeaderEdits(IReadOnlyList<string> removed, IReadOnlyList<KeyValuePair<string, string>> added)
{
    private readonly byte[][] _removed = [.. removed.Select(Encoding.Latin1.GetBytes)];
    private readonly byte[] _added = Encoding.Latin1.GetBytes(string.Join('\0', added.Select(static field => $"{field.Key}\0{field.Value}")));

    /// <summary>These edits, and others behind them.</summary>
    public HeaderEdits And(IReadOnlyList<string> alsoRemoved, IReadOnlyList<KeyValuePair<string, string>> alsoAdded)
        => new([.. removed, .. alsoRemoved], [.. added.Where(field => !alsoRemoved.Contains(field.Key)), .. alsoAdded]);

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
