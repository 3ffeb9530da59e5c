using Hydra.Coding;
using Hydra.Primitives;

namespace Hydra.Files;

/// <summary>Compresses files once, when they are taken into memory. Immutable.</summary>
/// <param name="codings">What is offered.</param>
/// <param name="levels">How hard each is to try.</param>
/// <param name="minimumSize">Bytes below which a file is left alone.</param>
/// <param name="types">Says of a media type whether it becomes shorter.</param>
/// <param name="paths">Says of a request's path whether it may be compressed.</param>
internal sealed class FileCompressor(
    IReadOnlyList<ContentCoding> codings, CodingLevels levels, long minimumSize, Func<string, bool> types, Func<string, bool> paths)
{
    /// <summary>Bytes of the largest file that is compressed: a bundle of scripts, and no download.</summary>
    public const long LargestFile = 2 * 1024 * 1024;

    /// <summary>Whether a file may be compressed.</summary>
    /// <param name="type">Its media type.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="cacheControl">Its Cache-Control: no-transform forbids it (RFC 9111, section 5.2.2.6).</param>
    public bool Takes(string type, long size, string cacheControl)
        => size >= minimumSize && size <= LargestFile && types(type) && !cacheControl.Contains("no-transform", StringComparison.OrdinalIgnoreCase);

    /// <summary>The file with what it lacks of compressed forms; the same where none becomes shorter. Computes.</summary>
    /// <param name="file">A file that is in memory.</param>
    /// <param name="path">The path that it was asked for with, decoded.</param>
    public FoundFile Complete(FoundFile file, string path)
    {
        if (file.Plain.Content is not { } content || !paths(path) || !Takes(file.MediaType, content.Length, file.CacheControl))
        {
            return file;
        }

        List<Representation> made = [];
        foreach (ContentCoding coding in codings)
        {
            if (file.In(coding) is null && WholeEncoder.Encode(coding, levels, content, out int length) is { } encoded)
            {
                made.Add(new Representation(file.Plain.Mark with { Size = length }, coding, encoded[..length], null) { IsMade = true });
                BufferPool.Return(encoded);
            }
        }

        return made.Count == 0 ? file : file.With(made);
    }
}
