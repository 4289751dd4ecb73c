namespace Cdp.Destinations.Http;

/// <summary>How requests of a destination are sent.</summary>
public sealed record HttpSenderOptions
{
    /// <summary>How long a response may take, from the start of the request to the part of the body that is read.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most connections to a server at a time.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>Whether hosts may have addresses that are not public: loopback, private networks and the like.</summary>
    public bool AllowPrivate { get; init; }
}
