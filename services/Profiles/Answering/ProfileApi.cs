using Cdp.Hosting;
using Cdp.Identifiers;
using Confluent.SchemaRegistry;

namespace Cdp.Profiles.Answering;

/// <summary>The profile API: who is the customer with this identifier?</summary>
public static class ProfileApi
{
    private const string Json = "application/json; charset=utf-8";

    public static async Task<IResult> GetAsync(string type, string value, bool? provenance, ProfileLookup lookup, LiveFiles<IdentifierTypes> types, HttpResponse response)
    {
        // The server leaves an escaped slash in a path as it is.
        var identifier = types.Current.Normalised(type, value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));
        try
        {
            var (profileId, profile) = await lookup.FindAsync(identifier);
            return profile is null
                ? Answer(ProfileJson.NotFound(identifier, profileId), StatusCodes.Status404NotFound)
                : Answer(ProfileJson.Of(profile, provenance ?? false), StatusCodes.Status200OK);
        }
        catch (Exception e) when (Redis.IsOutage(e) || e is HttpRequestException or SchemaRegistryException)
        {
            response.Headers.RetryAfter = "1";
            return Answer(ProfileJson.Error("unavailable", "the profiles cannot be read at the moment; try again"), StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static IResult Answer(ReadOnlyMemory<byte> json, int status) => Results.Text(json.Span, Json, status);
}
