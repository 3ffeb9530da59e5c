using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Hydra.Workers.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public sealed class ShimArchiveTests
{
    private static readonly ShimFiles Shim = new(
    [
        new ShimFile("hydra_shim.py", "import sys, hydra_worker.wire\nif __name__ == '__main__':\n    print(hydra_worker.wire.X, sys.argv[1:])\n"u8.ToArray()),
        new ShimFile("hydra_worker/__init__.py", []),
        new ShimFile("hydra_worker/wire.py", "X = 42\n"u8.ToArray()),
    ]);

    [Fact]
    public void Create_Archive_IsReadByOthers()
    {
        using var archive = new ZipArchive(new MemoryStream(ShimArchive.Create(Shim)));

        Assert.Equal(["hydra_shim.py", "hydra_worker/__init__.py", "hydra_worker/wire.py", "__main__.py"], archive.Entries.Select(entry => entry.FullName));
        using var reader = new StreamReader(archive.GetEntry("hydra_worker/wire.py")!.Open());
        Assert.Equal("X = 42\n", reader.ReadToEnd());
    }

    [LinuxFact]
    public async Task Extract_InMemory_IsRunByPython()
    {
        using var extractor = new ShimExtractor(Shim, [], NullLogger.Instance);
        string entry = Assert.IsType<ShimResult.Ready>(extractor.Extract()).EntryPath;
        var search = new PythonSearch("python3", "", "/", new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! }, false);
        PythonResult.Found python = Assert.IsType<PythonResult.Found>(PythonLocator.Find(search));

        using Process process = Process.Start(new ProcessStartInfo(python.Path, [entry, "argument"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();

        Assert.Equal("", await error);
        Assert.Equal("42 ['argument']\n", output);
    }
}
