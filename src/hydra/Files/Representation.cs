using System.Globalization;

namespace Hydra.Files;

/// <summary>
/// One form of a file: as it is, or compressed. Immutable. What a client gets of it is the content of one descriptor or one buffer, never
/// a mixture: the file may be replaced at any time.
/// </summary>
internal sealed class Representation
{
    // Times that archives and build systems give to everything, so that builds are the same: they say nothing of the content.
    private static readonly long[] NoTimes = [0, 1, 315532800, 499162500];

    /// <summary>Describes one.</summary>
    /// <param name="mark">The file.</param>
    /// <param name="coding">What it is compressed with, or null.</param>
    /// <param name="content">Its bytes, or null where they are to be read from <paramref name="file"/>.</param>
    /// <param name="file">The file, open, or null where the bytes are in memory.</param>
    public Representation(in FileMark mark, ContentCoding? coding, byte[]? content, OpenFile? file)
    {
        Mark = mark;
        Coding = coding;
        Content = content;
        File = file;
        if (!NoTimes.Contains(mark.ModifiedSeconds))
        {
            string suffix = coding is { } known ? "-" + known.Name() : "";
            Validators = new Validators(string.Create(CultureInfo.InvariantCulture, $"\"{mark.Modified:x}-{mark.Size:x}{suffix}\""), mark.ModifiedSeconds);
            LastModified = Validators.LastModified;
        }
    }

    /// <summary>The file.</summary>
    public FileMark Mark { get; }

    /// <summary>How many bytes.</summary>
    public long Size => Mark.Size;

    /// <summary>What it is compressed with, or null.</summary>
    public ContentCoding? Coding { get; }

    /// <summary>Its bytes, or null where they are in <see cref="File"/>.</summary>
    public byte[]? Content { get; }

    /// <summary>The file, open, or null.</summary>
    public OpenFile? File { get; }

    /// <summary>What identifies it.</summary>
    public Validators Validators { get; }

    /// <summary>The value of Last-Modified, or null.</summary>
    public string? LastModified { get; }

    /// <summary>The head of an answer with all of it, but for the date; null as long as nobody has made it. Whoever makes it makes the same.</summary>
    public byte[]? Head { get; set; }
}

/// <summary>A file with its forms. Immutable; to be disposed where it has open files.</summary>
internal sealed class FoundFile : IDisposable
{
    private readonly Representation?[] _coded;

    /// <summary>Describes one.</summary>
    /// <param name="plain">The file itself.</param>
    /// <param name="coded">What is beside it, by its coding; null where that is not there.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="cacheControl">How long clients may keep it.</param>
    public FoundFile(Representation plain, Representation?[] coded, string mediaType, string cacheControl)
    {
        Plain = plain;
        _coded = coded;
        MediaType = mediaType;
        CacheControl = cacheControl;
        for (int i = 0; i < coded.Length; i++)
        {
            Codings |= coded[i] is null ? 0 : 1 << i;
        }
    }

    /// <summary>The file itself.</summary>
    public Representation Plain { get; }

    /// <summary>Its media type.</summary>
    public string MediaType { get; }

    /// <summary>How long clients may keep it.</summary>
    public string CacheControl { get; }

    /// <summary>The codings that there are beside it: a bit each. Where there are any the answer depends on Accept-Encoding.</summary>
    public int Codings { get; }

    /// <summary>Whether all of it is in memory.</summary>
    public bool IsInMemory => Plain.Content is not null && Array.TrueForAll(_coded, static form => form is null || form.Content is not null);

    /// <summary>Bytes of memory that its forms take.</summary>
    public long MemorySize => Plain.Content?.Length + _coded.Sum(static form => form?.Content?.Length ?? 0) ?? 0;

    /// <summary>The form for a client.</summary>
    /// <param name="accepted">Accept-Encoding, or empty.</param>
    public Representation For(string accepted)
        => Codings == 0 ? Plain : ContentCodings.Choose(accepted, Codings) is { } coding ? _coded[(int)coding]! : Plain;

    /// <summary>Whether another look has found the same files.</summary>
    public bool IsSameAs(FoundFile other)
        => Plain.Mark == other.Plain.Mark && CacheControl == other.CacheControl && Codings == other.Codings
            && _coded.Zip(other._coded).All(static pair => pair.First?.Mark == pair.Second?.Mark);

    /// <inheritdoc/>
    public void Dispose()
    {
        Plain.File?.Dispose();
        foreach (Representation? form in _coded)
        {
            form?.File?.Dispose();
        }
    }
}
