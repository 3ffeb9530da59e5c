namespace Hydra.Tls;

/// <summary>What tells whether files have been changed or replaced, without a look into them. Immutable.</summary>
internal sealed class FileStamp
{
    private readonly (string Path, DateTime Written, long Length)[] _files;

    private FileStamp((string Path, DateTime Written, long Length)[] files) => _files = files;

    /// <summary>The files as they are now; one that is missing is as good a state as another.</summary>
    public static FileStamp Of(IEnumerable<string> paths) => new([.. paths.Select(Look)]);

    /// <summary>Whether nothing has happened to them since.</summary>
    public bool IsCurrent() => _files.All(static file => Look(file.Path) == file);

    // Of what a link leads to: certificates are often replaced by pointing a link to another file.
    private static (string Path, DateTime Written, long Length) Look(string path)
    {
        try
        {
            var file = new FileInfo(path);
            FileSystemInfo target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return target is FileInfo { Exists: true } found ? (path, found.LastWriteTimeUtc, found.Length) : (path, default, -1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (path, default, -1);
        }
    }
}
