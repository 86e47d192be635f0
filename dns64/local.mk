# dns64
