using System.Text;

namespace Hydra.Workers.Processes;

/// <summary>Cuts what a worker prints into lines. A reader belongs to one stream and one caller.</summary>
internal static class OutputLines
{
    /// <summary>
    /// Bytes of the longest line: JSON with a traceback or an image in it is one. A longer one is cut into pieces of this size, so that a
    /// program that prints without line ends costs bounded memory.
    /// </summary>
    public const int Longest = 1024 * 1024;

    // What most lines fit into; the rest is only there while it is needed.
    private const int Usual = 16 * 1024;

    /// <summary>Reads until the end of the stream.</summary>
    /// <param name="stream">What the worker prints.</param>
    /// <param name="line">Takes each line, without its end; bytes that are not UTF-8 are replaced.</param>
    public static async Task ReadAsync(Stream stream, Action<string> line)
    {
        byte[] buffer = new byte[Usual];
        int count = 0;
        while (true)
        {
            int read;
            try
            {
                read = await stream.ReadAsync(buffer.AsMemory(count)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                read = 0;
            }

            if (read == 0)
            {
                if (count > 0)
                {
                    line(Encoding.UTF8.GetString(buffer, 0, count));
                }

                return;
            }

            count = Split(buffer, count, read, line);
            buffer = Fit(buffer, count);
        }
    }

    // Hands over what is complete, and moves the rest to the front. What was there before has no line end.
    private static int Split(byte[] buffer, int before, int read, Action<string> line)
    {
        int count = before + read;
        int start = 0;
        int searched = before;
        int end;
        while ((end = buffer.AsSpan(searched, count - searched).IndexOf((byte)'\n')) >= 0)
        {
            end += searched;
            line(Encoding.UTF8.GetString(buffer.AsSpan(start, end - start).TrimEnd((byte)'\r')));
            start = searched = end + 1;
        }

        if (count - start == Longest)
        {
            line(Encoding.UTF8.GetString(buffer.AsSpan(start, Longest)));
            return 0;
        }

        buffer.AsSpan(start, count - start).CopyTo(buffer);
        return count - start;
    }

    private static byte[] Fit(byte[] buffer, int count)
    {
        int size = count < Usual ? Usual : count == buffer.Length ? Math.Min(buffer.Length * 2, Longest) : buffer.Length;
        if (size != buffer.Length)
        {
            Array.Resize(ref buffer, size);
        }

        return buffer;
    }
}
