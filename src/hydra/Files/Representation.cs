using System.Globalization;
using System.Security.Cryptography;
using Hydra.Coding;
using Microsoft.Extensions.Primitives;

namespace Hydra.Files;

/// <summary>
/// One form of a file: as it is, or compressed. Immutable. What a client gets of it is the content of one descriptor or one buffer, never
/// a mixture: the file may be replaced at any time.
/// </summary>
internal sealed class Representation
{
    // Times that archives and build systems give to everything, so that builds are the same: they say nothing of the content.
    private static readonly long[] NoTimes = [0, 1, 315532800, 499162500];

    // Of a hash of 32: two files of one name that have it in common are not to be found.
    private const int TagBytes = 12;

    private string? _tag;

    /// <summary>Describes one.</summary>
    /// <param name="mark">The file.</param>
    /// <param name="coding">What it is compressed with, or identity.</param>
    /// <param name="content">Its bytes, or null where they are to be read from <paramref name="file"/>.</param>
    /// <param name="file">The file, open, or null where the bytes are in memory.</param>
    public Representation(in FileMark mark, ContentCoding coding, byte[]? content, OpenFile? file)
    {
        Mark = mark;
        Coding = coding;
        Content = content;
        File = file;
        if (!NoTimes.Contains(mark.ModifiedSeconds))
        {
            LastModified = new Validators(null, mark.ModifiedSeconds).LastModified;
        }
    }

    /// <summary>The file.</summary>
    public FileMark Mark { get; }

    /// <summary>How many bytes.</summary>
    public long Size => Mark.Size;

    /// <summary>What it is compressed with, or identity.</summary>
    public ContentCoding Coding { get; }

    /// <summary>Whether it was compressed here, and is of no file of its own.</summary>
    public bool IsMade { get; init; }

    /// <summary>Its bytes, or null where they are in <see cref="File"/>.</summary>
    public byte[]? Content { get; }

    /// <summary>The file, open, or null.</summary>
    public OpenFile? File { get; }

    /// <summary>
    /// What identifies it. What is in memory has a tag of its content: files of builds that are to be the same often have the same time and size, whatever is
    /// in them. Others have one of these two, or none where their time says nothing.
    /// </summary>
    public Validators Validators => new(
        (_tag ??= Tag()) is { Length: > 0 } tag ? tag : null, LastModified is null ? null : Mark.ModifiedSeconds);

    /// <summary>The value of Last-Modified, or null.</summary>
    public string? LastModified { get; }

    /// <summary>The head of an answer with all of it, but for the date; null as long as nobody has made it. Whoever makes it makes the same.</summary>
    public byte[]? Head { get; set; }

    private string Tag()
    {
        string suffix = Coding is ContentCoding.Identity ? "" : "-" + Coding.Name();
        return Content is not null ? $"\"{Convert.ToHexStringLower(SHA256.HashData(Content).AsSpan(0, TagBytes))}{suffix}\""
            : LastModified is null ? ""
            : string.Create(CultureInfo.InvariantCulture, $"\"{Mark.Modified:x}-{Mark.Size:x}{suffix}\"");
    }
}

/// <summary>A file with its forms. Immutable; to be disposed where it has open files.</summary>
internal sealed class FoundFile : IDisposable
{
    // The best first: of codings that a client likes alike the densest is taken.
    private static readonly ContentCoding[] Best = [ContentCoding.Brotli, ContentCoding.Zstd, ContentCoding.Gzip];

    private readonly Representation[] _coded;
    private readonly ContentCoding[] _offered;

    /// <summary>Describes one.</summary>
    /// <param name="plain">The file itself.</param>
    /// <param name="coded">Its compressed forms, one of a coding at most.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="cacheControl">How long clients may keep it.</param>
    public FoundFile(Representation plain, IReadOnlyList<Representation> coded, string mediaType, string cacheControl)
    {
        Plain = plain;
        _coded = [.. coded];
        _offered = [.. Best.Where(coding => In(coding) is not null)];
        MediaType = mediaType;
        CacheControl = cacheControl;
    }

    /// <summary>The codings of files beside a file, with the ends of their names.</summary>
    public static IReadOnlyList<(ContentCoding Coding, string End)> Beside { get; }
        = [(ContentCoding.Brotli, ".br"), (ContentCoding.Zstd, ".zst"), (ContentCoding.Gzip, ".gz")];

    /// <summary>The file itself.</summary>
    public Representation Plain { get; }

    /// <summary>Its media type.</summary>
    public string MediaType { get; }

    /// <summary>How long clients may keep it.</summary>
    public string CacheControl { get; }

    /// <summary>Whether there are compressed forms: then the answer depends on Accept-Encoding.</summary>
    public bool IsCoded => _offered.Length > 0;

    /// <summary>Whether all of it is in memory.</summary>
    public bool IsInMemory => Plain.Content is not null && Array.TrueForAll(_coded, static form => form.Content is not null);

    /// <summary>Bytes of memory that its forms take.</summary>
    public long MemorySize => (Plain.Content?.Length ?? 0) + _coded.Sum(static form => form.Content?.Length ?? 0);

    /// <summary>The form of a coding; null where there is none.</summary>
    public Representation? In(ContentCoding coding) => Array.Find(_coded, form => form.Coding == coding);

    /// <summary>The form for a client.</summary>
    /// <param name="accepted">Accept-Encoding, or nothing.</param>
    public Representation For(StringValues accepted)
        => IsCoded && AcceptEncoding.Parse(accepted).Choose(_offered) is not ContentCoding.Identity and var coding ? In(coding)! : Plain;

    /// <summary>The same with further forms.</summary>
    public FoundFile With(IEnumerable<Representation> forms) => new(Plain, [.. _coded, .. forms], MediaType, CacheControl);

    /// <summary>Whether another look has found the same files.</summary>
    public bool IsSameAs(FoundFile other)
        => Plain.Mark == other.Plain.Mark && CacheControl == other.CacheControl
            && Beside.All(beside => MarkOf(beside.Coding) == other.MarkOf(beside.Coding));

    /// <inheritdoc/>
    public void Dispose()
    {
        Plain.File?.Dispose();
        Array.ForEach(_coded, static form => form.File?.Dispose());
    }

    // Of the file beside it.
    private FileMark? MarkOf(ContentCoding coding) => In(coding) is { IsMade: false } form ? form.Mark : null;
}
