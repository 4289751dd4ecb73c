using System.Security.Cryptography;
using Avro;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Schemas;

namespace Cdp.Profiles.Splitting;

/// <summary>Reads profiles from Redis together with their parts, and cuts them to the current bounds.</summary>
public sealed class ProfileReader(AvroCodec codec, Folding folding)
{
    // A part may be missing because the profile was replaced between the two reads. Reading again then succeeds.
    private const int Attempts = 5;

    private const string MissingPart = "a profile with a pending split whose part does not exist";

    public StateCodec Codec { get; } = new(
        state => codec.Encode(Topics.Profiles, state),
        bytes => folding.WithinBounds((Profile)codec.Decode(bytes)));

    /// <summary>Reads one profile, with a version that changes whenever the profile does; null if it does not exist.</summary>
    /// <exception cref="UnreadableValueException">The key contains something else, or a part of the profile is permanently missing.</exception>
    public async Task<(Profile Profile, string Version)?> FindAsync(ProfileStore store, int partition, string profileId)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await store.FindAsync(partition, profileId) is not { } bytes) return null;
            var profile = folding.WithinBounds(Decode(store, partition, profileId, bytes));
            var parts = new Dictionary<string, byte[]?>();
            foreach (var key in HeldParts.Keys(profile)) parts[key] = await store.FindAsync(partition, key);
            if (Attach(store, partition, profile, parts)) return (profile, Version([bytes, .. parts.Values]));
        }
        throw store.Unreadable(partition, profileId, MissingPart);
    }

    /// <summary>The sequences of a profile's pending splits, even if their parts are missing.</summary>
    public async Task<IReadOnlyList<long>> PendingAsync(ProfileStore store, int partition, string profileId) =>
        await store.FindAsync(partition, profileId) is { } bytes
            ? [.. Decode(store, partition, profileId, bytes).pending.Select(split => split.sequence)]
            : [];

    /// <summary>Reads the profiles of a batch as the owner of the partition; null if Redis is behind <paramref name="known"/>.</summary>
    /// <exception cref="UnreadableValueException">A key contains something else, or a part of a profile is missing.</exception>
    public async Task<IReadOnlyList<StoredState>?> ReadAsync(ProfileStore store, int partition, IReadOnlyList<string> profileIds, long known)
    {
        if (await store.ReadAsync(partition, profileIds, known) is not { } read) return null;
        var profiles = new List<StoredState>(read.Count);
        foreach (var (profileId, bytes) in read)
        {
            var stored = bytes is null ? Folding.Empty(profileId) : Decode(store, partition, profileId, bytes);
            profiles.Add(new StoredState(folding.WithinBounds(stored), Cuts.Of(stored)));
        }
        string[] keys = [.. profiles.SelectMany(profile => HeldParts.Keys(profile.Profile))];
        if (keys.Length == 0) return profiles;
        if (await store.ReadAsync(partition, keys, known) is not { } found) return null;
        var parts = found.ToDictionary(part => part.ProfileId, part => part.Bytes);
        foreach (var (profile, _) in profiles)
        {
            if (!Attach(store, partition, profile, parts)) throw store.Unreadable(partition, profile.profileId, MissingPart);
        }
        return profiles;
    }

    private bool Attach(ProfileStore store, int partition, Profile profile, Dictionary<string, byte[]?> parts) =>
        HeldParts.Attach(profile, key => parts[key] is { } bytes ? folding.WithinBounds(Decode(store, partition, key, bytes)) : null, Codec);

    // An unreadable value in Redis is not the fault of the event being processed: the loop must wait instead of dead-lettering the event.
    private Profile Decode(ProfileStore store, int partition, string profileId, byte[] bytes)
    {
        try
        {
            if (codec.Decode(bytes) is Profile profile && profile.profileId == profileId) return profile;
        }
        catch (AvroException e)
        {
            throw store.Unreadable(partition, profileId, bytes, e);
        }
        throw store.Unreadable(partition, profileId, bytes);
    }

    private static string Version(byte[]?[] stored)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var bytes in stored) hash.AppendData(bytes ?? []);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}

/// <summary>A profile read from Redis.</summary>
/// <param name="Profile">The profile with its pending splits, within the bounds.</param>
/// <param name="Cut">The parts that were already incomplete when it was stored.</param>
public sealed record StoredState(Profile Profile, IReadOnlyList<string> Cut);
