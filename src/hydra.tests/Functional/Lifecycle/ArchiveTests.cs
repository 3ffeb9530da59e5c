using System.IO.Compression;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>An application that lies in a zip archive, as zipapp and shiv make them.</summary>
public sealed class ArchiveTests
{
    private const string Application = """
        def application(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [__file__.encode()]
        """;

    [Theory]
    [InlineData("app.pyz")]
    [InlineData("app.zip")]
    public async Task AppDir_Archive_IsServedFrom(string name)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("packed:application")
        {
            AppDirectory = name,
            Prepare = directory => PackAsync(Path.Combine(directory, name)),
        });

        Assert.Equal(Path.Combine(server.FilePath(name), "packed.py"), await server.GetTextAsync("/"));
    }

    // A line for the shell comes first, where zipapp puts one.
    private static async Task PackAsync(string path)
    {
        await using FileStream file = File.Create(path);
        if (path.EndsWith(".pyz", StringComparison.Ordinal))
        {
            file.Write("#!/usr/bin/env python3\n"u8);
        }

        using var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            await using Stream entry = await archive.CreateEntry("packed.py").OpenAsync();
            await entry.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Application));
        }

        file.Write(packed.ToArray());
    }
}
