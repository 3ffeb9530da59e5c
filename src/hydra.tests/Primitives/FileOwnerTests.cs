using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class FileOwnerTests
{
    public static TheoryData<string, uint, uint> Known => new()
    {
        { "root", 0, FileOwner.Unchanged },
        { "root:0", 0, 0 },
        { ":12", FileOwner.Unchanged, 12 },
        { "33:44", 33, 44 },
        { " 7 ", 7, FileOwner.Unchanged },
    };

    [PosixTheory]
    [MemberData(nameof(Known))]
    public void Read_NamesAndNumbers_AreFound(string text, uint user, uint group)
    {
        Assert.Null(FileOwner.Read(text, out FileOwner owner));
        Assert.Equal(new FileOwner(user, group), owner);
    }

    [PosixTheory]
    [InlineData("", "\"\" is not of the form USER, USER:GROUP or :GROUP.")]
    [InlineData(":", "\":\" is not of the form USER, USER:GROUP or :GROUP.")]
    [InlineData("a:b:c", "\"a:b:c\" is not of the form USER, USER:GROUP or :GROUP.")]
    [InlineData("nobody-of-this-name", "there is no user \"nobody-of-this-name\".")]
    [InlineData("0:no-group-of-this-name", "there is no group \"no-group-of-this-name\".")]
    [InlineData("4294967295", "there is no user \"4294967295\".")]
    public void Read_Nonsense_IsReported(string text, string expected) => Assert.Equal(expected, FileOwner.Read(text, out _));

    [PosixFact]
    public void Take_OwnFile_KeepsItsOwner()
    {
        string path = Path.GetTempFileName();
        try
        {
            new FileOwner(LibC.GetEffectiveUser(), FileOwner.Unchanged).Take(path);

            Assert.Equal(0, FileStatus.Read(path, followLinks: false, out FileStatus status));
            Assert.Equal(LibC.GetEffectiveUser(), status.Owner);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [PosixFact]
    public void Take_FileThatIsNotThere_Fails()
        => Assert.Contains("cannot be given", Assert.Throws<IOException>(() => new FileOwner(0, 0).Take("/nowhere/at/all")).Message, StringComparison.Ordinal);
}
