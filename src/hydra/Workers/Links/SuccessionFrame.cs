namespace Hydra.Workers.Links;

/// <summary>What two servers say to each other of shared state while one takes the place of the other.</summary>
internal enum SuccessionFrame : byte
{
    /// <summary>From the new server: application and directory; it is going to use what that one's workers share.</summary>
    Open = 1,

    /// <summary>From the new server: the process, its link and a call.</summary>
    Call = 2,

    /// <summary>From the new server: the process and a link of it that has closed.</summary>
    Closed = 3,

    /// <summary>From the new server: a process that has ended.</summary>
    Ended = 4,

    /// <summary>From the old one: there is no such state.</summary>
    None = 5,

    /// <summary>From the old one: the link, the number of its call and what became of that.</summary>
    Reply = 6,

    /// <summary>From the old one: an entry, which is the new server's from now on.</summary>
    Entry = 7,

    /// <summary>From the old one: a place in a lock that a process of the new server has.</summary>
    Lease = 8,

    /// <summary>From the old one: the last version and token. All has been said; calls without an answer were not done.</summary>
    Over = 9,

    /// <summary>From the old one: application, directory and a task of it that waits, which is the new server's from now on.</summary>
    Job = 10,

    /// <summary>From the old one: it calls nothing by the clock any more.</summary>
    Clock = 11,
}
