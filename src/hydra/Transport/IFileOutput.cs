using Microsoft.Win32.SafeHandles;

namespace Hydra.Transport;

/// <summary>
/// An output that sends from files without their bytes passing through the process: sendfile(2). While a file is set the memory that the
/// writer gets stands for the file's next bytes: it is advanced over and not written to, so that whoever counts what is written goes on counting.
/// </summary>
internal interface IFileOutput
{
    /// <summary>What is written from now on is of this file. The writer's own.</summary>
    /// <param name="file">The file. Where it is closed before its bytes are sent the connection ends.</param>
    /// <param name="offset">Where the bytes begin in it.</param>
    void BeginFile(SafeFileHandle file, long offset);

    /// <summary>What is written from now on is what the writer writes. The writer's own.</summary>
    void EndFile();
}
