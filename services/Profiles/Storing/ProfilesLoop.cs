using Cdp.Contracts;
using Cdp.Streaming.Consuming;

namespace Cdp.Profiles.Storing;

/// <summary>Configures the loop that folds events into profiles: its consumer group, inputs and outputs.</summary>
public static class ProfilesLoop
{
    public static StreamOptions Options { get; } = new()
    {
        Service = "profiles",
        Group = "profiles",
        Inputs = [Topics.EventsIdentified, Topics.ProfilesTransfers],
        Outputs = [Topics.Profiles, Topics.ProfilesTransfers, Topics.AudiencesMemberships, Topics.Dead],
        CoPartitioned = true,
    };
}
