"""The shipped ladder of small pretrained models and its data; see CARD.md. `zoo/build` makes both anew."""
