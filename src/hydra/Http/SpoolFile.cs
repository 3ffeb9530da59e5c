using Microsoft.Win32.SafeHandles;

namespace Hydra.Http;

/// <summary>A file without a name, with a part of a request's body. One user at a time; its input and output run on the thread pool.</summary>
internal sealed class SpoolFile
{
    private readonly Spool _spool;
    private readonly SafeFileHandle _handle;

    /// <summary>Takes over an open file that is empty.</summary>
    public SpoolFile(Spool spool, SafeFileHandle handle)
    {
        _spool = spool;
        _handle = handle;
    }

    /// <summary>Bytes of the body in it.</summary>
    public long Length { get; private set; }

    /// <summary>Writes chunks behind what is there, all or none of them.</summary>
    /// <returns>False when the disk or the spool's limit does not allow it; that has been reported.</returns>
    public async ValueTask<bool> AppendAsync(BodyChunks chunks)
    {
        long size = chunks.Length;
        if (!_spool.TryTake(size))
        {
            return false;
        }

        try
        {
            for (long at = 0; at < size;)
            {
                ReadOnlyMemory<byte> piece = chunks.PieceAt(at, BodyChunks.ChunkSize);
                await RandomAccess.WriteAsync(_handle, piece, Length + at).ConfigureAwait(false);
                at += piece.Length;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _spool.Give(size);
            _spool.OnFailed(e.Message);
            return false;
        }

        Length += size;
        _spool.OnWorks();
        return true;
    }

    /// <summary>Reads some bytes at a position.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> target, long position) => RandomAccess.ReadAsync(_handle, target, position);

    /// <summary>Closes the file, which frees its blocks; that may take milliseconds and is left to the thread pool.</summary>
    public void Close() => ThreadPool.UnsafeQueueUserWorkItem(
        static file =>
        {
            file._handle.Dispose();
            file._spool.Give(file.Length);
        },
        this,
        preferLocal: false);
}
