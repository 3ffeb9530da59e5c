using System.Buffers;
using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>
/// What the front has read of a request's body beyond the part that rides in the REQUEST frame: first what is in a file, then what is in
/// memory. One user at a time, first whoever reads the client and then whoever sends to a worker, who may read it again from its start.
/// </summary>
/// <param name="budget">What all requests' bodies may have in memory.</param>
internal sealed class HeldBody(MemoryBudget budget)
{
    private readonly BodyChunks _chunks = new();
    private SpoolFile? _file;
    private byte[]? _readBuffer;

    /// <summary>Bytes of the body.</summary>
    public long Length => (_file?.Length ?? 0) + _chunks.Length;

    /// <summary>Bytes of the body that are in memory.</summary>
    public long BytesInMemory => _chunks.Length;

    /// <summary>Whether a part is in a file.</summary>
    public bool IsSpooled => _file is not null;

    /// <summary>Adds bytes, in memory.</summary>
    /// <returns>False when the budget does not allow it: nothing was added.</returns>
    public bool TryAppend(in ReadOnlySequence<byte> data)
    {
        if (!budget.TryTake(data.Length))
        {
            return false;
        }

        _chunks.Append(data);
        return true;
    }

    /// <summary>Adds bytes, in memory, also beyond the budget: the caller moves them on at once.</summary>
    /// <returns>False when the budget does not allow it.</returns>
    public bool Append(in ReadOnlySequence<byte> data)
    {
        if (TryAppend(data))
        {
            return true;
        }

        budget.Take(data.Length);
        _chunks.Append(data);
        return false;
    }

    /// <summary>Moves what is in memory to the file, which is opened when there is none yet.</summary>
    /// <returns>False when the spool cannot take it; it has been reported. What is not in the file stays in memory, in order.</returns>
    public async ValueTask<bool> SpoolAsync(Spool spool)
    {
        _file ??= await spool.OpenAsync().ConfigureAwait(false);
        if (_file is null || !await _file.AppendAsync(_chunks).ConfigureAwait(false))
        {
            return false;
        }

        ClearChunks();
        return true;
    }

    /// <summary>The bytes from a position on: at least one, at most the limit. They stay as they are until the next call.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(long position, int limit)
    {
        long inFile = _file?.Length ?? 0;
        return position < inFile
            ? ReadFileAsync(position, (int)Math.Min(limit, inFile - position))
            : ValueTask.FromResult(_chunks.PieceAt(position - inFile, limit));
    }

    /// <summary>Gives everything back. It may be filled again.</summary>
    public void Release()
    {
        ClearChunks();
        _file?.Close();
        _file = null;
        if (_readBuffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_readBuffer);
            _readBuffer = null;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadFileAsync(long position, int size)
    {
        _readBuffer ??= ArrayPool<byte>.Shared.Rent(BodyChunks.ChunkSize);
        Memory<byte> target = _readBuffer.AsMemory(0, Math.Min(size, BodyChunks.ChunkSize));
        int count = await _file!.ReadAsync(target, position).ConfigureAwait(false);
        return count > 0 ? target[..count] : throw new EndOfStreamException("the file is shorter than what was written to it");
    }

    private void ClearChunks()
    {
        budget.Give(_chunks.Length);
        _chunks.Clear();
    }
}
