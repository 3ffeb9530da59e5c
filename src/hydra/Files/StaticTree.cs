using Hydra.Coding;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Files;

/// <summary>What a path leads to.</summary>
internal enum TreeResult
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A directory that was asked for without the slash behind it.</summary>
    Redirect,

    /// <summary>A directory that may be listed.</summary>
    Listing,

    /// <summary>Nothing, or nothing that may be shown.</summary>
    Missing,

    /// <summary>It cannot be said without waiting for a disk.</summary>
    WouldWait,

    /// <summary>It is there and cannot be opened.</summary>
    Failed,
}

/// <summary>The files of one source: finds them with what is beside them. Any thread.</summary>
internal sealed class StaticTree
{
    private readonly StaticSettings _settings;
    private readonly FileRoot _root;
    private readonly DjangoManifest _manifest;
    private readonly ILogger _logger;
    private readonly LogThrottle _throttle;

    /// <summary>Describes a tree.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="settings">How it is served.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where what the server's owner can do something about is said.</param>
    public StaticTree(StaticSource source, StaticSettings settings, TimeProvider time, ILogger logger)
    {
        Source = source;
        _settings = settings;
        _root = new FileRoot(source.Directory, settings.FollowsLinks);
        _manifest = new DjangoManifest(_root, time);
        _logger = logger;
        _throttle = new LogThrottle(TimeSpan.FromSeconds(10), time);
    }

    /// <summary>Where it is.</summary>
    public StaticSource Source { get; }

    /// <summary>How it is served.</summary>
    public StaticSettings Settings => _settings;

    /// <summary>The path below the directory, of a decoded one that is below <see cref="StaticSource.Path"/>.</summary>
    public string Relative(string path) => Source.OnlyFile is { } only ? only + path[Source.Path.Length..]
        : path.Length == Source.Path.Length ? "" : path[(Source.Path.Length + 1)..];

    /// <summary>
    /// Says without waiting whether there is nothing; what is there has to be looked for again, where waiting is allowed.
    /// </summary>
    /// <param name="path">The path below the directory.</param>
    /// <returns><see cref="TreeResult.Missing"/> or <see cref="TreeResult.WouldWait"/>.</returns>
    public TreeResult Probe(string path)
    {
        Finding found = _root.Open(path, mayWait: false, out OpenFile? file);
        file?.Dispose();
        return found is Finding.Missing ? TreeResult.Missing : TreeResult.WouldWait;
    }

    /// <summary>Finds what a path leads to. Waits for the disk.</summary>
    /// <param name="path">The path below the directory, which ends with a slash or is empty where a directory is meant.</param>
    /// <param name="isRooted">Whether the source itself was asked for with its slash.</param>
    /// <param name="file">The file, to be disposed.</param>
    public TreeResult Find(string path, bool isRooted, out FoundFile? file)
    {
        bool wantsDirectory = path.Length == 0 || path[^1] == '/';
        Finding found = wantsDirectory && _settings.Index is { } index
            ? Open(path + index, out file)
            : wantsDirectory ? Report(_root.Open(path, mayWait: true, out _), path, out file) : Open(path, out file);
        if (found is Finding.File && wantsDirectory && path.Length == 0 && !isRooted)
        {
            file!.Dispose();
            file = null;
            return TreeResult.Redirect;
        }

        return found switch
        {
            Finding.File => TreeResult.File,
            Finding.Failed => TreeResult.Failed,
            Finding.Directory when !wantsDirectory => HasPage(path + "/") ? TreeResult.Redirect : TreeResult.Missing,
            _ when wantsDirectory && _settings.Lists && _root.Open(path, mayWait: true, out _) is Finding.Directory
                => path.Length > 0 || isRooted ? TreeResult.Listing : TreeResult.Redirect,
            _ => TreeResult.Missing,
        };
    }

    /// <summary>The file that answers for pages that are not there, or null.</summary>
    public FoundFile? FindSpa() => _settings.Spa is { } spa && Open(spa, out FoundFile? file) is Finding.File ? file : null;

    /// <summary>The listing of a directory that was found.</summary>
    /// <param name="path">The path below the directory.</param>
    public string List(string path) => DirectoryListing.Of(Path.Combine(_root.Directory, path), "/" + path, path.Length > 0);

    // What cannot be told from what was asked for.
    private bool HasPage(string directory)
    {
        if (_settings.Lists)
        {
            return true;
        }

        if (_settings.Index is not { } index)
        {
            return false;
        }

        Finding found = _root.Open(directory + index, mayWait: true, out OpenFile? file);
        file?.Dispose();
        return found is Finding.File;
    }

    private Finding Open(string path, out FoundFile? file)
    {
        file = null;
        Finding found = _root.Open(path, mayWait: true, out OpenFile? plain);
        if (found is not Finding.File)
        {
            return Report(found, path, out file);
        }

        string type = _settings.Types.Of(path);
        List<(OpenFile File, ContentCoding Coding)> coded = [];
        if (MediaTypes.IsCompressible(type))
        {
            foreach ((ContentCoding coding, string end) in FoundFile.Beside)
            {
                if (OpenSibling(path + end, plain!.Mark) is { } sibling)
                {
                    coded.Add((sibling, coding));
                }
            }
        }

        try
        {
            file = Describe(path, type, plain!, coded);
            return Finding.File;
        }
        catch (IOException e)
        {
            FilesLog.Unreadable(_logger, Shown(path), e.Message);
            plain!.Dispose();
            coded.ForEach(static sibling => sibling.File.Dispose());
            return Finding.Failed;
        }
    }

    // One that is older than the file is of an earlier one. Whole seconds: what unpacks archives and copies trees keeps no more.
    private OpenFile? OpenSibling(string path, in FileMark plain)
    {
        if (_root.Open(path, mayWait: true, out OpenFile? sibling) is not Finding.File)
        {
            return null;
        }

        if (sibling!.Mark.ModifiedSeconds >= plain.ModifiedSeconds)
        {
            return sibling;
        }

        sibling.Dispose();
        return null;
    }

    private FoundFile Describe(string path, string type, OpenFile plain, IReadOnlyList<(OpenFile File, ContentCoding Coding)> coded)
    {
        string cacheControl = _settings.Cache.Of(path, _manifest.Names());
        bool isCompressed = _settings.Compressor is { } compressor && compressor.Takes(type, plain.Mark.Size, cacheControl);
        bool isSmall = plain.Mark.Size <= (isCompressed ? FileCompressor.LargestFile : HotFiles.LargestFile)
            && coded.All(static form => form.File.Mark.Size <= HotFiles.LargestFile);
        return new FoundFile(
            Form(plain, ContentCoding.Identity, isSmall), [.. coded.Select(form => Form(form.File, form.Coding, isSmall))], type, cacheControl);
    }

    // A file that changes while it is read is sent from its descriptor, as far as that goes.
    private static Representation Form(OpenFile file, ContentCoding coding, bool isSmall)
    {
        if (!isSmall || file.ReadAll() is not { } content)
        {
            return new Representation(file.Mark, coding, null, file);
        }

        file.Dispose();
        return new Representation(file.Mark, coding, content, null);
    }

    private Finding Report(Finding found, string path, out FoundFile? file)
    {
        file = null;
        if (found is Finding.Outside or Finding.Denied or Finding.Failed && _throttle.TryPass(out long others))
        {
            string more = others > 0 ? $" {others} more like this." : "";
            if (found is Finding.Outside)
            {
                FilesLog.Outside(_logger, Shown(path), more);
            }
            else
            {
                FilesLog.Denied(_logger, Shown(path), found is Finding.Denied ? "the server may not read it" : "it cannot be opened", more);
            }
        }

        return found;
    }

    private string Shown(string path) => ControlText.Escape(Path.Combine(_root.Directory, path));
}
