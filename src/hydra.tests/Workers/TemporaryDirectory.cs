namespace Hydra.Tests.Workers;

/// <summary>A directory for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hydra-test-").FullName;

    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public string File(string relative, string content = "", UnixFileMode? mode = null)
    {
        string path = At(relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        if (mode is { } bits && !OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(path, bits);
        }

        return path;
    }

    public void Dispose()
    {
        if (!OperatingSystem.IsWindows())
        {
            foreach (string directory in Directory.GetDirectories(Path, "*", SearchOption.AllDirectories))
            {
                System.IO.File.SetUnixFileMode(directory, (UnixFileMode)0b111_000_000);
            }
        }

        Directory.Delete(Path, recursive: true);
    }
}
