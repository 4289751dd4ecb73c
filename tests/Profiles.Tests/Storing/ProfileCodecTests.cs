using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using CsCheck;

namespace Cdp.Profiles.Tests.Storing;

/// <summary>Encodes states as records of the topic profiles.</summary>
[Trait("tier", "integration")]
public sealed class ProfileCodecTests(Stack stack) : IClassFixture<Stack>
{
    [Fact]
    public void Codec_AnyFoldedState_RoundTrips()
    {
        var codec = new AvroCodec(stack.Installation().Registry(), "t.");
        Some.AnyEvents.Sample(events =>
        {
            var profile = Some.Folded(events);
            Assert.Equal(Some.Text(profile), Some.Text((Profile)codec.Decode(codec.Encode(Topics.Profiles, profile))));
        });
    }

    [Fact]
    public void Codec_EveryPartOfAState_RoundTrips()
    {
        var codec = new AvroCodec(stack.Installation().Registry(), "t.");
        var profile = Some.Profile("p", Some.Event("p", "identify", 1, "m", """{"x":{"y":"é"}}""", null, Some.Id("email", "a@b.c")), Some.Track("p", "A"));
        profile.absorbed.Add("l");
        Some.Folding.Fold(profile, Some.Group("p", "acme", 2, "g"), Some.Identified(2, 4));
        var call = Some.Group("p", "acme", 2, "g", """{"x":1}""", Some.Id("user_id", "u"));
        Some.Folding.FoldAccount(profile, Some.AccountEvent(call, Some.Identified(2, 4)));

        Assert.Equal(Some.Text(profile), Some.Text((Profile)codec.Decode(codec.Encode(Topics.Profiles, profile))));
        Assert.Equal(Some.Text(Folding.Alias("l", "p")), Some.Text((Profile)codec.Decode(codec.Encode(Topics.Profiles, Folding.Alias("l", "p")))));
    }
}
