using Hydra.Primitives;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class FileTroubleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Of_WhatMayNotBe_NamesTheUser()
    {
        string path = _directory.At("file");
        var refused = new UnauthorizedAccessException($"Access to the path '{path}.0123' is denied.");

        Assert.Equal($"the user {Environment.UserName} may not write in the directory {_directory.Path}", FileTrouble.OfWriting(refused, path));
        Assert.StartsWith($"the user {Environment.UserName} may not read it", FileTrouble.OfReading(refused, path), StringComparison.Ordinal);
    }

    [PosixFact]
    public void Of_WhatIsSomethingElse_SaysWhat()
    {
        var refused = new UnauthorizedAccessException("Access to the path is denied.");

        Assert.Equal($"{_directory.Path} is a directory", FileTrouble.OfWriting(refused, _directory.Path));
        Assert.Equal("it is a directory", FileTrouble.OfReading(refused, _directory.Path));
        Assert.Equal("there is no such file", FileTrouble.OfReading(new FileNotFoundException(), "/none"));
        Assert.Equal("there is no such file", FileTrouble.OfReading(new DirectoryNotFoundException(), "/none/file"));
        Assert.Equal("nothing can be made in the directory /proc", FileTrouble.OfWriting(new FileNotFoundException("Could not find file '/proc/pid.0123'"), "/proc/pid"));
        Assert.Equal("there is no directory /none", FileTrouble.OfWriting(new DirectoryNotFoundException(), "/none/file"));
    }

    [Fact]
    public void Of_WhatTheSystemSays_IsWithoutAnotherPath()
        => Assert.Equal("Read-only file system", FileTrouble.OfWriting(new IOException("Read-only file system : '/pid.0123'"), "/pid"));
}
